"""Stages as DVC runs them."""
