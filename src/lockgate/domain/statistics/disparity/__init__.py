"""How far groups are apart: draws of their rates and means, and the gaps between all pairs of them."""
