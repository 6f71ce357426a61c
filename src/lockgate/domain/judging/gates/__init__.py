"""The gates: a folder for each, with its policy, its evidence and its judgement."""
