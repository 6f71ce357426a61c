"""The integrity gate."""
