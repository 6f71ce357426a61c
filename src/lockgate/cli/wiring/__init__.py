"""The one place that chooses adapters: a module for each station, and ``instruments`` over them."""
