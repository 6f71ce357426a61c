"""The metrics of a task of several classes."""
