"""What passed, sealed; and the file that names it for an environment."""
