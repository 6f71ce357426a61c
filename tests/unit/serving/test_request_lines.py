"""Each request to a served model is a line: rows, status, milliseconds, and nothing that the client sent."""

import asyncio
import contextlib
import os
import re
import threading

import pytest

from lockgate.domain.serving import request_lines
from lockgate.domain.serving.request_lines import MARK, PagesOfThisServer, RequestLines, note_rows
from lockgate.processes.lines import Heard

TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture
def told(capfd):
    """Ask an application through the middleware; what is said on stdout."""

    def ask(app, path="/predict", **scope):
        async def receive():
            return {"type": "http.request", "body": b"secret"}

        async def send(message):
            pass

        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"secret", **scope}
        with contextlib.suppress(ZeroDivisionError, asyncio.CancelledError):
            asyncio.run(RequestLines(app)(scope, receive, send))
        said = capfd.readouterr().out
        assert "secret" not in said
        return said

    return ask


def answering(status, rows=None):
    async def app(scope, receive, send):
        if rows is not None:
            # As BentoML runs what is not async: in a thread, with a copy of the context.
            await asyncio.to_thread(note_rows, rows)
        await send({"type": "http.response.start", "status": status})
        await send({"type": "http.response.body", "body": b"secret"})

    return app


@pytest.mark.parametrize(
    ("status", "rows", "said"), [(200, 3, "3 rows  200"), (400, 1, "1 row  400"), (400, None, "- rows  400")]
)
def test_a_request_is_one_line(told, status, rows, said):
    assert re.fullmatch(rf"{MARK}{TIME} POST /predict  {said}  \d+\.\d ms\n", told(answering(status, rows)))


async def crash(scope, receive, send):
    raise ZeroDivisionError("secret")


async def hang(scope, receive, send):
    raise asyncio.CancelledError


@pytest.mark.parametrize(("app", "status"), [(crash, 500), (hang, 504)])
def test_a_request_without_an_answer_is_told_too(told, app, status):
    assert f"- rows  {status}" in told(app)


@pytest.mark.parametrize("scope", [{"path": "/readyz"}, {"path": "/metrics"}, {"type": "websocket"}])
def test_what_machines_ask_all_the_time_is_not_told(told, scope):
    assert told(answering(200), **scope) == ""


def test_a_path_cannot_forge_a_line(told):
    said = told(answering(404), path="/a\nb", raw_path=b"/a%0ab" + b"c" * 100)
    assert said.count("\n") == 1
    assert f"POST /a%0ab{'c' * 54}...  - rows  404" in said


def test_a_reader_that_has_gone_stops_no_answer(told, monkeypatch):
    def gone(*_):
        raise BrokenPipeError

    monkeypatch.setattr(request_lines.os, "write", gone)
    assert told(answering(200)) == ""


@pytest.mark.parametrize(
    ("method", "kind", "told"),
    [("GET", b"text/html; charset=utf-8", True), ("GET", b"application/json", False), ("POST", b"text/html", False)],
)
def test_a_page_loads_nothing_from_elsewhere(method, kind, told):
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", kind)]})
        await send({"type": "http.response.body", "body": b"page"})

    async def send(message):
        sent.append(message)

    asyncio.run(PagesOfThisServer(app)({"type": "http", "method": method}, None, send))
    headers = dict(sent[0]["headers"])
    assert (b"content-security-policy" in headers) == told
    assert (headers[b"Content-Type"], sent[1]["body"]) == (kind, b"page")
    assert not told or headers[b"content-security-policy"].startswith(b"default-src 'self';")


def test_lines_of_libraries_are_kept_for_when_it_fails_and_those_of_requests_are_handed_on():
    reading, writing = os.pipe()
    told, done = [], threading.Event()
    heard = Heard(reading, MARK, lambda line: (told.append(line), done.set()))
    with os.fdopen(writing, "w") as stream:
        stream.write(f"starting\n{MARK}one\nup\n")
    assert done.wait(10)
    assert heard.rest() == "starting\nup\n"
    assert told == ["one"]


def test_who_serves_never_waits_for_who_looks(monkeypatch):
    monkeypatch.setattr("lockgate.processes.lines.WAITING", 2)
    reading, writing = os.pipe()
    told, looks, all_told = [], threading.Event(), threading.Event()

    def tell(line):
        looks.wait(10)
        told.append(line)
        if "more" in line:
            all_told.set()

    heard = Heard(reading, MARK, tell)
    with os.fdopen(writing, "w") as stream:
        for number in range(20_000):
            stream.write(f"{MARK}{number}\n")
    heard.rest()
    looks.set()
    assert all_told.wait(10)
    shown = len(told) - 1
    assert told[-1] == f"... and {20_000 - shown} more, that came too fast to be shown"
