"""The verbs of the store: what goes there, what it has, and what nobody names any more."""
