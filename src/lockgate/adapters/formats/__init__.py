"""Files of a release in the formats of others, each by that format's own library."""
