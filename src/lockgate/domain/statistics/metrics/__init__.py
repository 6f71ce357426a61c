"""Metrics by scikit-learn's names."""
