"""What a model is asked, and under which conditions."""
