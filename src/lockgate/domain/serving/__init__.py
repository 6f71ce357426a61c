"""Rows and answers as the service speaks them."""
