"""Flags that stand on either side of the verb, and the answer to a mistyped one."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from lockgate.cli.boundary import TRACEBACK

ROOT = "lockgate.root"
_HANDED_ON = "lockgate.handed-on"


def _root(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.obj = ctx.meta[ROOT] = value


def _traceback(_: click.Context, __: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value:
        os.environ[TRACEBACK] = "1"


def _hand_on(ctx: click.Context, option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value:
        ctx.meta.setdefault(_HANDED_ON, []).append(option.opts[-1])


def _general() -> list[click.Parameter]:
    """What every verb takes."""
    return [
        click.Option(
            ["-C", "root"],
            type=click.Path(path_type=Path, exists=True, file_okay=False),
            metavar="DIR",
            expose_value=False,
            callback=_root,
            help="The project's folder; default: the nearest one above with a params.yaml.",
        ),
        click.Option(
            ["--traceback"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_traceback,
            help="Show where an error came from.",
        ),
    ]


JSON = (["--json", "as_json"], "Print one JSON document instead of lines.")
VERBOSE = (["-v", "--verbose"], "Print every finding, and lists whole.")


def _handed_on() -> list[click.Parameter]:
    """What a group takes on behalf of the verb behind it, which has it or says that it has not."""
    return [
        click.Option(names, is_flag=True, expose_value=False, callback=_hand_on, help=told)
        for names, told in (JSON, VERBOSE)
    ]


class VerbGroup(click.Group):
    """A group whose flags may stand behind the verb as well, and the verb's flags before it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_general(), *_handed_on()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb, with the flags that every verb takes."""
        command = self.find(ctx, cmd_name)
        if command is not None and not any("-C" in each.opts for each in command.params):
            command.params = [*command.params, *_general()]
        return command

    def find(self, ctx: click.Context, name: str) -> click.Command | None:
        """The verb of that name."""
        return super().get_command(ctx, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb, the name it was called by, and its arguments: those that stood before it come first."""
        try:
            name, command, rest = super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand:
            ctx.fail(f"there is no verb {args[0]!r}{_guess(args[0], self.list_commands(ctx))}")
        return name, command, [*ctx.meta.pop(_HANDED_ON, []), *rest]


class Choice(click.Choice[str]):
    """One of several words."""

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:  # noqa: ARG002
        """What the word should have been; all that there are stand in the verb's help."""
        return f"there is no {value!r}{_guess(str(value), self.choices)}\nThere are: {', '.join(self.choices)}"


def _guess(name: str, known: Iterable[str]) -> str:
    from lockgate.domain.names import meant  # noqa: PLC0415 - a wrong name is rare, and `--help` does not wait for it

    return meant(name, known)
