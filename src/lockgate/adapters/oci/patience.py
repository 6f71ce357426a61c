"""How long a registry is waited for, how much of what it says is read, and the words for one that falls silent."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from http.client import IncompleteRead

import requests
import urllib3

from lockgate.errors import DocumentError

CONNECT_SECONDS = 10
SILENCE_SECONDS = 60
"""Between two bytes."""
BYTES_PER_SECOND = 20_000
"""What is slower than this is taken for one that does not end."""
CHUNK = 1 << 16


class Slow(requests.RequestException):
    """It answers, and so slowly that nobody knows whether it ends."""


def timeouts(*, uploads: bool) -> tuple[float, float]:
    """Seconds to be connected, and between two bytes: requests applies the first while a body is sent, too."""
    return (SILENCE_SECONDS if uploads else CONNECT_SECONDS), SILENCE_SECONDS


def parts(response: requests.Response, most: int) -> Iterator[bytes]:
    """A body as it comes. Raises ``DocumentError`` for more bytes than that, ``Slow`` for one that drips."""
    left, until = most, time.monotonic() + SILENCE_SECONDS + most / BYTES_PER_SECOND
    for part in response.iter_content(CHUNK):
        left -= len(part)
        if left < 0:
            raise DocumentError(f"a registry sends more than the {most} bytes that were said", hint="see who runs it")
        if time.monotonic() > until:
            raise Slow(f"{most - left} of {most} bytes have come, and slowly")
        yield part


def read(response: requests.Response, most: int) -> bytes:
    """The whole of a body, which is as short."""
    return b"".join(parts(response, most))


SAID: Mapping[type[BaseException], Callable[[BaseException], str]] = {
    Slow: str,
    requests.ConnectTimeout: lambda _: "nobody takes the call",
    requests.Timeout: lambda _: f"nothing within {SILENCE_SECONDS} s",
    requests.exceptions.SSLError: lambda _: "its certificate is not trusted",
}


def words_of(error: BaseException) -> str:
    """What happened, without an address: one may carry a token."""
    for kind, words in SAID.items():
        if isinstance(error, kind):
            return words(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TimeoutError | urllib3.exceptions.ReadTimeoutError):  # in the midst of a body
            return f"nothing within {SILENCE_SECONDS} s"
        if isinstance(cause, IncompleteRead):
            return "it ended in the middle of an answer"
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno)
        reason = getattr(cause, "reason", None)
        inner = next((each for each in cause.args if isinstance(each, BaseException)), None)
        cause = (reason if isinstance(reason, BaseException) else None) or inner or cause.__cause__ or cause.__context__
    return type(error).__name__
