"""The verbs, by station: each parses, calls one use case and prints."""
