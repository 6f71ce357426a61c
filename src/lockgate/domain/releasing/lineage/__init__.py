"""What is told of a release and of an environment: where everything in it comes from, and what served when."""
