"""The ``lockgate`` command: a group whose verbs are imported only when they are called."""

import importlib
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from lockgate import __version__
from lockgate.cli.boundary import guarded
from lockgate.cli.flags import ROOT, VerbGroup
from lockgate.errors import EXIT_FAULT, FOREIGN, LockgateError
from lockgate.processes.short_lived import leave, load_quickly

# In the order of the way. The line is what `lockgate --help` says; the module is imported when the verb is called.
VERBS = {
    "run": ("making", "Pull the data and reproduce the stages that changed."),
    "prepare": ("making", "Write the plug-in's data as tables."),
    "train": ("making", "Train one candidate, measured and tracked."),
    "export": ("making", "Convert a trained candidate to ONNX."),
    "check": ("measuring", "Collect evidence, for one gate or for all."),
    "select": ("making", "Show how the candidates compete, and who wins."),
    "gate": ("judging", "Decide from evidence, policy and champion."),
    "judge": ("judging", "Judge any ONNX file on a table of rows, without a project."),
    "drill": ("drill", "Prove that the gates stop planted bad candidates."),
    "policy": ("judging", "Tell what the policy demands: schema, explain."),
    "status": ("reviewing", "Show champion, candidate, and what blocks it."),
    "parity": ("reviewing", "Show parity: the export's, or a packaged release's."),
    "release": ("releasing", "Seal a passed candidate into a release."),
    "keys": ("signing", "Make, trust and revoke the keys that sign releases."),
    "verify": ("signing", "Look at everything in a release, and who signed it."),
    "register": ("releasing", "Register a release in MLflow."),
    "registry": ("registry", "Compare MLflow's aliases and versions with git."),
    "package": ("serving", "Package a release as a Bento."),
    "serve": ("serving", "Serve a packaged release on this machine."),
    "approve": ("desired_state", "Sign that an environment may serve a release."),
    "promote": ("desired_state", "Commit an environment's new champion."),
    "rollback": ("desired_state", "Commit the release that was served before."),
    "lineage": ("tracing", "Trace a release to all that made it."),
    "diff": ("tracing", "Show what two releases do not have alike."),
    "log": ("tracing", "Tell what an environment named, when and why."),
    "store": ("stores.storing", "Look at where releases lie for everybody: list, get, put, gc."),
    "deliver": ("deliver", "All of it on this machine."),
    "image": ("serving", "Build a container image: train, serving, release."),
    "doctor": ("project", "Look at what a delivery needs, and how to mend it."),
    "schema": ("project", "Print the JSON Schema of a document."),
}


OURS = (LockgateError, click.ClickException, click.exceptions.Exit, click.exceptions.Abort)
"""What the boundary and click know."""


class Verbs(VerbGroup):
    """Lists the verbs without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The verbs in the order of the way."""
        return list(VERBS)

    def find(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """The verb, imported now."""
        if name not in VERBS:
            return None
        from lockgate.cli.library_log import logged  # noqa: PLC0415 - `--help` does not wait for what it imports

        module = importlib.import_module(f"lockgate.cli.verbs.{VERBS[name][0]}")
        command: click.Command = getattr(module, name)
        return logged(command)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb. What the project's own code raises is told with its line, be it an end of the process."""
        try:
            return super().invoke(ctx)
        except OURS:
            raise
        except FOREIGN as error:
            from lockgate.cli.plugin_failures import plugin_failure  # noqa: PLC0415 - imported only where one fails

            failure = plugin_failure(error, ctx.meta.get(ROOT))
            if failure is None:
                raise
            raise failure from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The verbs with their lines from the table."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="lockgate", message="%(prog)s %(version)s")
def lockgate() -> None:
    """Deliver machine-learning models: no gate opens until the levels agree.

    Exit codes: 0 passed, 1 fault, 2 bad input, 3 refused, 4 undecided, 130 interrupted.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; its exit code."""

    def work() -> int:
        try:
            code = lockgate.main(args=arguments, prog_name="lockgate", standalone_mode=False)
        except click.exceptions.Abort as error:
            raise KeyboardInterrupt from error
        except click.ClickException as error:
            error.show()
            return error.exit_code
        return code if isinstance(code, int) else 0

    return guarded(work)


def main() -> NoReturn:
    """The entry point of the console script."""
    load_quickly()
    leave(run(), unheard=EXIT_FAULT)
