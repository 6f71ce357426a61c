"""The gates: each turns one kind of evidence and its policy into findings, and measures nothing."""
