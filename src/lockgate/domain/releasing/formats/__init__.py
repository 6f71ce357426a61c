"""What the files of a release in the formats of others are written from."""
