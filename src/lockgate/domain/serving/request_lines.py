"""A line for each request that a served model answers: when, what for, how many rows, how it ended, in how long.

A browser is told with each page to load nothing from elsewhere. A package carries this file beside its service, as
``lockgate_requests.py``: it needs Python's standard library alone. No value of a row, no query and no header is in a
line: what a client sends is the client's.
"""

import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import Any, Final, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

MARK: Final = "request: "
"""What a line begins with: others are of libraries."""
QUIET: Final = frozenset({"/healthz", "/livez", "/readyz", "/metrics"})
"""What machines ask all the time."""
LONGEST_PATH: Final = 60
FAILED, TIMED_OUT = 500, 504
HERE: Final = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
"""Scripts, frames and requests of this server alone; Swagger's page has styles and images within."""
_ROWS: ContextVar[list[int] | None] = ContextVar("rows", default=None)


def note_rows(count: int) -> None:
    """How many rows the request that is answered here has."""
    noted = _ROWS.get()
    if noted is not None:
        noted.append(count)


def line(at: float, method: str, path: bytes, rows: int | None, status: int, seconds: float) -> str:
    """The line; ``at`` in seconds of the epoch."""
    clock = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    shown = path.decode("ascii", "replace")
    shown = shown if len(shown) <= LONGEST_PATH else f"{shown[:LONGEST_PATH]}..."
    asked = "- rows" if rows is None else f"{rows} row{'' if rows == 1 else 's'}"
    return f"{clock} {method} {shown}  {asked}  {status}  {1000 * seconds:.1f} ms"


class RequestLines:
    """ASGI middleware that writes the lines to stdout, each in one piece."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer, and tell how."""
        if scope["type"] != "http" or scope["path"] in QUIET:
            await self._app(scope, receive, send)
            return
        at, begun, status = time.time(), time.perf_counter(), TIMED_OUT
        noted: list[int] = []
        _ROWS.set(noted)

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status) if message["type"] == "http.response.start" else status
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            status = FAILED
            raise
        finally:
            path = scope.get("raw_path") or scope["path"].encode("ascii", "replace")
            told = line(at, scope["method"], path, noted[0] if noted else None, status, time.perf_counter() - begun)
            _say(f"{MARK}{told}\n")


class PagesOfThisServer:
    """ASGI middleware: a page that a browser shows loads nothing from elsewhere, whatever is written in it.

    BentoML's index page names a tag manager of Google's and pictures of others.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer; a page goes with the header that browsers keep to."""

        async def held(message: Message) -> None:
            headers = message.get("headers", ())
            if any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers):
                message = {**message, "headers": [*headers, (b"content-security-policy", HERE.encode())]}
            await send(message)

        await self._app(scope, receive, held if scope["type"] == "http" and scope["method"] == "GET" else send)


def _say(text: str) -> None:
    try:
        os.write(1, text.encode())
    except OSError:  # whoever read it has gone, and the service goes on
        return
