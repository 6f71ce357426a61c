"""Where releases lie: in a working copy, and for everybody."""
