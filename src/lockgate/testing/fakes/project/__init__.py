"""Settings, documents and the repository."""
