"""What a delivery needs of the project itself, each as a part for `lockgate doctor`."""

import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import lockgate
from lockgate.cli.boundary import EXTRAS
from lockgate.cli.wiring.project import import_path
from lockgate.domain.choices import is_installed
from lockgate.domain.model.candidate import Trained
from lockgate.domain.names import listed
from lockgate.domain.project.health import Part, State
from lockgate.domain.releasing.deployment import Deployment
from lockgate.errors import LockgateError
from lockgate.ports import Pipeline
from lockgate.usecases.judging.gate import read_waivers
from lockgate.usecases.project.health import part_of
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project

GUIDE = "docs/your-model.md"
TEMPLATE = Path(lockgate.__file__).parent / "template" / "serving"
SERVICE = ("service.py", "bentofile.yaml", "requirements.txt")
PINNED = re.compile(r"^onnxruntime(-\w+)?==", re.MULTILINE)
VALUED = frozenset({"-c", "-k", "-m", "-n", "-o", "-p", "-r", "-W"})
"""Options of pytest whose value is an argument of its own."""
# The extra of a framework that has another name.
OF_FRAMEWORK = {"saved_model": "tensorflow", "keras_torch": "torch"}


def of_project(instruments: Instruments) -> Sequence[Part]:
    """The settings; then, where they can be read, all that they name."""
    project = instruments.project()
    settings = project.settings
    looks: list[tuple[str, Callable[[Project], Part]]] = [
        ("deploy/", _environments),
        ("waivers", _waivers),
        ("gates", _gates),
        ("service", _service),
        ("tests", _tests),
        ("dvc.yaml", lambda project: _stages(project, instruments.pipeline)),
    ]
    parts = [Part("params.yaml", State.THERE, f"{settings.model}: {listed(settings.candidates)}")]
    for name, look in looks:
        try:
            parts.append(look(project))
        except LockgateError as error:
            parts.append(part_of(name, error))
    return [*parts, *_plugin(instruments)]


def _environments(project: Project) -> Part:
    layout, names = project.layout, project.settings.environments
    if absent := [name for name in names if not layout.environment(name).exists()]:
        return Part("deploy/", State.MISSING, f"no {listed(absent)}", f"see deploy/ in {GUIDE}")
    for name in names:
        project.documents.read_settings(layout.environment(name), Deployment)
    return Part("deploy/", State.THERE, listed(names))


def _waivers(project: Project) -> Part:
    return Part("waivers", State.THERE, f"{len(read_waivers(project))} in deploy/waivers.yaml")


def _gates(project: Project) -> Part:
    """What the policy names of others' metrics and probes; a gate of theirs that is absent is an error before this."""
    policy, installed = project.settings.gates, project.installed
    named = (policy.accuracy.metric, *(policy.robustness.probes if policy.robustness else ()))
    wanted = [name for name in named if is_installed(name)]
    for name in wanted:
        if name in installed.problems:
            return Part("gates", State.MISSING, f"{name}: {installed.problem(name)}", installed.remedy(name))
    probes = (f"{name} of {probe.package}" for name, probe in installed.probes.items())
    brought = [*(gate.told for gate in project.gates), *installed.metrics.values(), *probes]
    return Part("gates", State.THERE, listed(brought) if brought else "Lockgate's own")


def _service(project: Project) -> Part:
    named = project.settings.service
    folder = project.layout.root / named
    absent = [name for name in SERVICE if not (folder / name).is_file()]
    if len(absent) == len(SERVICE):
        return Part("service", State.MISSING, f"no {named}/", f"cp -RL '{TEMPLATE}' '{folder}'")
    if absent:
        remedy = f"cp '{TEMPLATE / absent[0]}' '{folder}'"
        return Part("service", State.MISSING, f"no {listed([f'{named}/{name}' for name in absent])}", remedy)
    if not PINNED.search((folder / "requirements.txt").read_text("utf-8", errors="replace")):
        found = f"{named}/requirements.txt pins no onnxruntime: parity is undecided"
        return Part("service", State.WRONG, found, "write it as onnxruntime==VERSION")
    return Part("service", State.THERE, f"{named}/")


def _tests(project: Project) -> Part:
    command, root = project.settings.tests.command, project.layout.root
    try:
        first, *rest = shlex.split(command)
    except ValueError as error:
        return Part("tests", State.WRONG, f"tests.command: {command!r}: {error}", "see tests.command in params.yaml")
    module = rest[1] if first == "python" and rest[:1] == ["-m"] and len(rest) > 1 else ""
    import_path(project.layout)
    if module and find_spec(module.partition(".")[0]) is None:
        return Part("tests", State.MISSING, f"tests.command: no module {module}", _installing(module))
    if first != "python" and shutil.which(first if "/" not in first else str(root / first)) is None:
        return Part("tests", State.MISSING, f"tests.command: no program {first}", "install it, or name another")
    if "pytest" in (module, Path(first).name):
        named = _positional(rest[2:] if module else rest)
        if absent := [path for path in named if not (root / path.partition("::")[0]).exists()]:
            return Part("tests", State.MISSING, f"tests.command: no {listed(absent)}", f"see the tests in {GUIDE}")
    return Part("tests", State.THERE, command)


def _positional(arguments: Sequence[str]) -> Iterator[str]:
    """What pytest takes for files and folders."""
    value = False
    for argument in arguments:
        if not value and not argument.startswith("-"):
            yield argument
        value = argument in VALUED


def _stages(project: Project, pipeline: Callable[[], Pipeline]) -> Part:
    """As DVC reads them: everything that `lockgate run` begins with."""
    if not (project.layout.root / "dvc.yaml").exists():
        return Part("dvc.yaml", State.MISSING, "no stages", f"see dvc.yaml in {GUIDE}")
    waiting = pipeline().pending(None)
    return Part("dvc.yaml", State.THERE, f"{len(waiting)} stages would run" if waiting else "the stages, up to date")


def _plugin(instruments: Instruments) -> Iterator[Part]:
    project = instruments.project()
    name = project.settings.plugin
    try:
        instruments.plugin()
        instruments.plants()
    except LockgateError as error:
        cause = error.__cause__
        absent = cause.name if isinstance(cause, ModuleNotFoundError) else None
        remedy = _installing(absent) if absent else error.hint
        yield Part("plug-in", State.WRONG, error.message, remedy)
        return
    yield Part("plug-in", State.THERE, name)
    optional = len(_trained(project)) == len(project.settings.candidates)
    for module, where in import_path(project.layout).absent().items():
        yield Part("plug-in", State.MISSING, f"{where} imports {module}", _installing(module), optional)


def _installing(module: str) -> str:
    top = module.partition(".")[0]
    if top in EXTRAS:
        return f"pip install 'lockgate[{EXTRAS[top]}]'"
    if top == "pytest":
        return "pip install pytest"
    # A package may have another name, and that name another package.
    return f"install the package that brings {top}; if it is yours, put it beside params.yaml or in src/"


def _trained(project: Project) -> list[str]:
    """The frameworks of the candidates that were trained here."""
    found = []
    for name in project.settings.candidates:
        try:
            found.append(project.documents.read(project.layout.candidate(name).trained, Trained).framework)
        except LockgateError:  # it is still to be trained, or the stage that reads it says what is wrong
            continue
    return found


def extras(instruments: Instruments) -> set[str]:
    """The extras that this project's candidates and policy need besides those that every delivery needs."""
    try:
        project = instruments.project()
    except LockgateError:  # told as the project's own part
        return set()
    found = {OF_FRAMEWORK.get(framework, framework) for framework in _trained(project)}
    explanation = project.settings.gates.explanation
    if explanation is not None and explanation.max_behind_reference is not None:
        found.add("interpret")
    try:
        instruments.plugin()
    except LockgateError:
        return found
    return found | {extra for name, extra in SAVING.items() if name in import_path(project.layout).names()}


SAVING = {
    "save_keras": "tensorflow",
    "save_lightgbm": "lightgbm",
    "save_torch": "torch",
    "save_xgboost": "xgboost",
}
"""The extra that each of ``lockgate.project``'s ways to save a model needs."""
