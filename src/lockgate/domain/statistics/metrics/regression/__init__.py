"""The metrics of a task of numbers."""
