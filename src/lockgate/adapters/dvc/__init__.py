"""DVC: stages, data and their cache."""
