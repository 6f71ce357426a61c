"""Packages, whoever serves them, and images."""
