"""What an environment should serve: approved, promoted, rolled back; each by git, and nothing without it."""
