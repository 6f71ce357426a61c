"""Processes that Lockgate starts, those that it finds, and how they end."""
