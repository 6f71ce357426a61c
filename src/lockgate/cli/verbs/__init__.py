"""The verbs, by station."""
