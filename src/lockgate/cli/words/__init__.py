"""The events of the way in words: a module for each station, with a function for each of its events."""
