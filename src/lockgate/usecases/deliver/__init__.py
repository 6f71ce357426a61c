"""The stations in their order: the whole way, and what reaches over several of them."""
