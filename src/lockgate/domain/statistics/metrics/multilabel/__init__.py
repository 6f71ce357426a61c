"""The metrics of a task of several labels at once."""
