"""A registry that lies, or asks for a login: told in words, and never believed."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

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
    threading.Thread(target=server.serve_forever, daemon=True).start()
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
