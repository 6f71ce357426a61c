"""Every error that Lockgate raises on purpose, and the exit code that each becomes.

LockgateError              1    a fault: a crash, a disk, a server
├── ToolError              1    a foreign tool failed
│   └── StageFailed        *    a stage of the pipeline failed; keeps the stage's own exit code
├── DiskFault              1    a disk, a folder or the system refuses: full, read-only, not permitted
├── Busy                   1    another process is at work at the same place
├── InputError             2    bad input or usage
│   ├── DocumentError      2    a file that is not what it says
│   │   └── ReleaseAbsent  2    a release that is neither here nor where releases lie
│   ├── SettingsError      2    params.yaml or another settings file has a wrong key or value
│   ├── DataError          2    a data file is missing, altered, or breaks its contract
│   ├── PluginError        2    the project's own code raised what is none of these
│   ├── ModelError         2    a model that cannot be loaded, converted or run
│   ├── MissingTool        2    a tool is not installed
│   └── SourceError        2    the git repository is not in the state that the verb needs
└── GateClosed             3/4  no `passed` verdict for exactly this digest
    ├── Refused            3
    └── Undecided          4

A message says what happened, where, and what to do next.
"""

EXIT_PASSED = 0
EXIT_FAULT = 1
EXIT_INPUT = 2
EXIT_REFUSED = 3
EXIT_UNDECIDED = 4
EXIT_INTERRUPTED = 130

FOREIGN = (Exception, SystemExit)
"""What the code of others may raise. To end the process is not theirs: exit code 0 would be taken for a pass."""


class LockgateError(Exception):
    """The root: what happened and where, and in ``hint`` what to do next."""

    exit_code = EXIT_FAULT

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class ToolError(LockgateError):
    """A foreign tool (git, DVC, MLflow, BentoML, Docker ...) failed."""


class StageFailed(ToolError):
    """A stage of the pipeline ended with an error; ``exit_code`` is the stage's own.

    A signal that ended it is given as its number below 0, and is a fault.
    """

    def __init__(self, stage: str, exit_code: int, *, hint: str = "") -> None:
        how = f"failed with exit code {exit_code}" if exit_code >= 0 else f"was ended by signal {-exit_code}"
        super().__init__(f"stage {stage!r} {how}", hint=hint)
        self.stage = stage
        self.exit_code = exit_code if exit_code >= 0 else EXIT_FAULT


class DiskFault(LockgateError):
    """A disk, a folder or the system refuses what is needed: it is full, read-only, not this user's."""


class Busy(LockgateError):
    """Another process is at work at the same place; nothing was touched."""


class InputError(LockgateError):
    """Something that the caller gave is wrong."""

    exit_code = EXIT_INPUT


class DocumentError(InputError):
    """A file is missing, unreadable, of another schema, or was changed."""


class ReleaseAbsent(DocumentError):
    """A release that is named lies neither here nor where releases lie; the message says who was asked."""


class SettingsError(InputError):
    """A settings file holds an unknown key or a value of the wrong shape."""


class DataError(InputError):
    """A data file is missing, differs from what git says, or breaks its contract."""


class ModelError(InputError):
    """A model file is not what it says, or cannot be converted or run."""


class PluginError(InputError):
    """The project's own code failed: a plug-in, a plant; the hint names its line."""


class MissingTool(InputError):
    """A tool is not installed; ``extra`` is what brings it with Lockgate, where it is a package of Python."""

    def __init__(self, tool: str, extra: str = "", *, hint: str = "") -> None:
        super().__init__(f"{tool} is not installed", hint=hint or f"pip install 'lockgate[{extra}]'")


class SourceError(InputError):
    """The git repository is not in the state that the verb needs."""


class GateClosed(LockgateError):
    """The gate is not open: the verdict for exactly this digest is not `passed`."""


class Refused(GateClosed):
    """The evidence says no."""

    exit_code = EXIT_REFUSED


class Undecided(GateClosed):
    """The evidence does not suffice to say yes or no; the gate stays closed."""

    exit_code = EXIT_UNDECIDED
