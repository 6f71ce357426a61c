"""Tracing: a release to everything and everybody that made it, an environment through its history."""
