"""The versions that the service pins: those of the environment that will serve."""

import re
from collections.abc import Mapping

from lockgate.usecases.project.project import Project


def service_pins(project: Project) -> Mapping[str, str]:
    """Each package of the service's `requirements.txt` with its version; empty where there is no such file."""
    text = project.store.text(project.layout.root / project.settings.service / "requirements.txt")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text or "", re.MULTILINE))
