"""A Docker engine: images are built on it, asked there, and copied out of."""
