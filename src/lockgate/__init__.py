"""Lockgate delivers machine-learning models: no gate opens until the levels agree."""

__version__ = "0.1.0"
