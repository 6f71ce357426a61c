"""What a model is to Lockgate: its inputs and outputs, the rows it takes, and what it answered."""
