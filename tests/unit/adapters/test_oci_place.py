"""A registry that lies, or asks for a login: told in words, and never believed."""

import contextlib
import itertools
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from lockgate.adapters.oci import patience
from lockgate.adapters.oci.place import TITLE, OciPlace
from lockgate.errors import DocumentError, ToolError

NAME = f"releases/{'a' * 64}"
BLOB = f"sha256:{'b' * 64}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = self.server.answers["manifests" if "/manifests/" in self.path else "blobs"]
        self.send_response(status)
        self.end_headers()
        for part in body:
            try:
                self.wfile.write(part)
            except OSError:  # nobody reads on
                return

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """A registry whose answers are ``answers``, by what is asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers = {}
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def place(server):
    return OciPlace(f"127.0.0.1:{server.server_port}/team/census")


def manifest(*layers):
    return 200, [json.dumps({"layers": layers}).encode()]


def layer(title="model.onnx", digest=BLOB, size=5):
    return {"annotations": {TITLE: title}, "digest": digest, "size": size}


def endless():
    while True:
        yield b"x" * 65536


def test_a_body_without_end_is_not_read_to_its_end(server, place, tmp_path):
    server.answers = {"manifests": manifest(layer()), "blobs": (200, endless())}
    with pytest.raises(DocumentError, match="more than the 5 bytes"):
        place.bring(NAME, {"model.onnx": 5}, tmp_path / "into")
    assert (tmp_path / "into/model.onnx").stat().st_size == 0


def test_a_manifest_without_end_neither(server, place):
    server.answers = {"manifests": (200, endless())}
    with pytest.raises(DocumentError, match="more than the"):
        place.folder(NAME)


@pytest.mark.parametrize(
    "layers",
    [
        [layer(), layer()],
        [layer(size=-1)],
        [layer(size="5")],
        [layer(size=True)],
        [layer(digest="sha256:b")],
        [layer(digest="../../etc")],
        [layer(title=3)],
        [{"digest": BLOB, "size": 5}],
        ["model.onnx"],
        [None],
    ],
)
def test_a_layer_that_is_no_file_of_its_own_is_refused(server, place, layers):
    server.answers = {"manifests": manifest(*layers)}
    with pytest.raises(DocumentError, match="layer"):
        place.folder(NAME)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"layers": 3}', b"[" * 100_000])
def test_a_manifest_that_is_none_is_refused(server, place, body):
    server.answers = {"manifests": (200, [body])}
    with pytest.raises(DocumentError, match=r"not JSON|no manifest"):
        place.folder(NAME)


@pytest.mark.parametrize(("status", "hint"), [(401, "docker login"), (403, "docker login"), (418, "see its log")])
def test_a_refusal_is_told_with_what_to_do(server, place, status, hint):
    server.answers = {"manifests": (status, [b'{"errors": [{"code": "DENIED", "message": "no"}]}'])}
    with pytest.raises(ToolError) as caught:
        place.folder(NAME)
    assert str(status) in caught.value.message
    assert place.where in caught.value.message
    assert hint in caught.value.hint


END = b"\0END"


class Stalling:
    """A registry on a bare socket that says half of what it should, or hears half, and then nothing, for ever."""

    def __init__(self, answers):
        self._answers, self._open = answers, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client):
        """One request of a connection after another; of one that is to hang, the head is all that is read."""
        with contextlib.suppress(OSError):
            while head := self._head(client):
                answer = next(said for asked, said in self._answers if head.startswith(asked))
                if answer is None:
                    return
                client.sendall(answer.removesuffix(END))
                if answer.endswith(END):
                    client.shutdown(socket.SHUT_RDWR)

    def _head(self, client):
        head = b""
        while b"\r\n\r\n" not in head and (part := client.recv(1)):
            head += part
        return head

    def close(self):
        for each in (self._listener, *self._open):
            each.close()


@pytest.fixture
def stalling(monkeypatch):
    monkeypatch.setattr(patience, "SILENCE_SECONDS", 0.2)
    begun = []

    def begin(*answers):
        begun.append(Stalling(answers))
        return OciPlace(f"127.0.0.1:{begun[-1].port}/team/census")

    yield begin
    for each in begun:
        each.close()


def said(body, claimed, status="200 OK", more=""):
    return f"HTTP/1.1 {status}\r\nContent-Length: {claimed}\r\n{more}\r\n".encode() + body


MANIFEST_OF_ONE = json.dumps({"layers": [layer(size=100_000)]}).encode()


@pytest.mark.parametrize(
    "answer",
    [said(b"x" * 50_000, 100_000), said(b"", 100_000), b"HTTP/1.1 200 OK\r\nContent-", None],
    ids=["half a body", "no body", "half a head", "nothing"],
)
def test_a_blob_that_stops_in_the_middle_is_told_after_its_time(stalling, tmp_path, answer):
    whole = said(MANIFEST_OF_ONE, len(MANIFEST_OF_ONE))
    place = stalling((b"GET /v2/team/census/manifests/", whole), (b"GET /v2/team/census/blobs/", answer))
    for ask in (
        lambda: place.bring(NAME, {"model.onnx": 100_000}, tmp_path / "into"),
        lambda: place.read(NAME, "model.onnx", 100_000),
    ):
        with pytest.raises(ToolError, match=r"does not answer: nothing within 0\.2 s") as caught:
            ask()
        assert place.where in caught.value.message
        assert "run it again" in caught.value.hint


def test_a_manifest_that_stops_in_the_middle_too(stalling):
    place = stalling((b"GET", said(b'{"layers": [', 100)))
    with pytest.raises(ToolError, match=r"nothing within 0\.2 s"):
        place.folder(NAME)


def test_an_upload_that_nobody_reads_to_its_end_too(stalling, tmp_path):
    (tmp_path / "model.onnx").write_bytes(bytes(32 * 2**20))  # more than both ends of a line hold
    begun = said(b"", 0, "202 Accepted", "Location: /v2/team/census/blobs/uploads/1\r\n")
    place = stalling((b"HEAD", said(b"", 0, "404 Not Found")), (b"POST", begun), (b"PUT", None))
    with pytest.raises(ToolError, match=r"nothing within 0\.2 s"):
        place.put(NAME, {"model.onnx": tmp_path / "model.onnx"}, "model.onnx")


def test_a_body_that_ends_in_the_middle_is_told_so(stalling):
    place = stalling((b"GET", said(b'{"layers": [', 100) + END))
    with pytest.raises(ToolError, match="does not answer: it ended in the middle of an answer"):
        place.folder(NAME)


def test_a_body_that_drips_is_told_as_slow(server, place, monkeypatch):
    """Each byte comes in time, and the whole would take for ever."""
    hours = itertools.count(0, 3600)
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: next(hours)))
    server.answers = {"manifests": (200, endless())}
    with pytest.raises(ToolError, match=r"does not answer: \d+ of 4194304 bytes have come, and slowly"):
        place.folder(NAME)


class Pushed(BaseHTTPRequestHandler):
    """A registry that keeps what is pushed, and fails each kind of request as often as ``fails`` says."""

    def do_HEAD(self):
        self.answer(404)

    def do_POST(self):
        self.server.sessions.append(b"")
        self.send_response(202)
        self.send_header("Location", f"/v2/team/census/blobs/uploads/{len(self.server.sessions) - 1}")
        self.end_headers()

    def do_PUT(self):
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = "manifests" if "/manifests/" in self.path else "blobs"
        if kind == "blobs":
            self.server.sessions[int(self.path.rpartition("/")[2].partition("?")[0])] += content
        self.server.asked.append(kind)
        self.answer(self.server.fails[kind].pop() if self.server.fails[kind] else 201)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def pushed(monkeypatch):
    monkeypatch.setattr("lockgate.adapters.oci.registry.PAUSES", (0.0, 0.0, 0.0))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pushed)
    server.sessions, server.asked, server.fails = [], [], {"blobs": [], "manifests": []}
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def put(server, tmp_path):
    (tmp_path / "manifest.json").write_bytes(b"content")
    OciPlace(f"127.0.0.1:{server.server_port}/team/census").put(NAME, {"manifest.json": tmp_path / "manifest.json"}, "")


def test_a_manifest_is_put_again_while_another_client_pushes_its_blobs(pushed, tmp_path):
    """A registry on a disk says `DIGEST_INVALID` then: it reads a link that is not written yet."""
    pushed.fails["manifests"] = [400, 400]
    put(pushed, tmp_path)
    assert pushed.asked.count("manifests") == 3
    pushed.fails["manifests"] = [400] * 4
    with pytest.raises(ToolError, match="refuses: 400"):
        put(pushed, tmp_path)


def test_a_blob_is_sent_from_anew_where_the_registry_was_busy(pushed, tmp_path):
    """What a session has already is not known: the same bytes behind it would be another blob."""
    pushed.fails["blobs"] = [503, 500]
    put(pushed, tmp_path)
    assert pushed.sessions == [b"content", b"content", b"content", b"{}"]
    pushed.fails["blobs"] = [503] * 4
    with pytest.raises(ToolError, match="refuses: 503"):
        put(pushed, tmp_path)
