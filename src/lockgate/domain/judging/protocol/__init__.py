"""What a gate gets and gives."""
