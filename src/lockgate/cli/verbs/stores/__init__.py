"""The verbs of where things lie for everybody."""
