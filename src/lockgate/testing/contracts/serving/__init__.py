"""The suites of packages and images."""
