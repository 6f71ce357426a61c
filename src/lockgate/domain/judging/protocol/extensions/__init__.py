"""What packages of others bring, and what they are given."""
