"""Signatures of releases: the keys that are trusted, the signature itself, and what verifying has found."""
