"""Where releases are had from that do not lie in this working copy."""
