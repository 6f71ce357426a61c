"""Lockgate delivers machine-learning models: no gate opens until the levels agree."""

import os

from lockgate.domain.project.proxies import direct_loopback
from lockgate.domain.project.telemetry import OFF

__version__ = "0.1.0"

# Libraries read these while they are imported. A verb, a worker, a stage of a plain `dvc repro`, a plug-in, its
# tests: all import this first.
os.environ.update({**OFF, **direct_loopback(os.environ)})
