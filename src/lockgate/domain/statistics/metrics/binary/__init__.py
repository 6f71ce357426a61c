"""The metrics of a task of two classes."""
