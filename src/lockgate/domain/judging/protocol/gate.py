"""What a gate is."""

from typing import Literal

Mode = Literal["enforce", "warn", "off"]
"""``warn`` lets a gate's findings pass with a mark, outside production; ``off`` does not ask, and says so."""
