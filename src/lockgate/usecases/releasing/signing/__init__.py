"""Keys, and what a release is found to be when everything in it is looked at."""
