"""Stages as `dvc.yaml` defines them and as `dvc.lock` records them, without DVC."""
