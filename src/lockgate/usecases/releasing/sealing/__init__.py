"""What a release is written with, and from."""
