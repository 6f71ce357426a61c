"""Sealing and delivering what passed."""
