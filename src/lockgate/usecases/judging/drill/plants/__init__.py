"""The plants, by the gate that is meant to stop them."""
