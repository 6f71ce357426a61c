"""The policy held against the task: a metric or a gate that does not apply to it is an error of the settings."""

from lockgate.domain.choices import is_installed
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.registry import asked
from lockgate.domain.model.task import TaskKind
from lockgate.domain.statistics.metrics.registry import metrics_of


def demand_fit(task: TaskKind, policy: Policy) -> None:
    """Raise ``ValueError`` with the first metric or gate that does not apply to the task, and those that do."""
    for key, name in policy.metrics.items():
        if not is_installed(name) and name not in (known := metrics_of(task)):
            told = ", ".join(known) or "none yet"
            raise ValueError(f"gates.{key}.metric: {name} is no metric of a {task} task; those are {told}")
    for gate in asked(policy):
        if gate.mode != "off" and (why := gate.gate.not_asked.get(task)):
            raise ValueError(f"gates.{gate.name}: {why}; leave it out for a {task} task")
