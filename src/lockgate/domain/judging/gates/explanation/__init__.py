"""The explanation gate."""
