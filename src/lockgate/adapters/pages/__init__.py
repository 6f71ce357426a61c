"""Pages and pictures for people: one self-contained file each."""
