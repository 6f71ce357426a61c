"""Estimates with their bounds, by what is estimated."""
