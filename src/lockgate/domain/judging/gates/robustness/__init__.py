"""The robustness gate."""
