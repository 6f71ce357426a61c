"""The data gate."""
