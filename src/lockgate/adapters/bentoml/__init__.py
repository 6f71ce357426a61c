"""Packages and serves releases through BentoML, as processes of its own."""
