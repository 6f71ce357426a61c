"""MLflow: the registry of releases, and the tracking of trainings."""
