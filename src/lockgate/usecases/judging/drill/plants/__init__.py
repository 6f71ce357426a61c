"""The plants, by what they change."""
