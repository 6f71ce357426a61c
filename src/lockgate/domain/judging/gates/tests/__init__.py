"""The tests gate."""
