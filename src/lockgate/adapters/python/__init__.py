"""What is asked of Python and its packages."""
