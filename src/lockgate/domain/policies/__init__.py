"""The policy of each gate that has one of its own; thresholds stand in ``params.yaml`` and nowhere else."""
