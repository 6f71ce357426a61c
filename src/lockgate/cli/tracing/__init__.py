"""How lineage, differences and histories look on the console."""
