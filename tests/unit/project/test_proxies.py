"""Behind a company's proxy, this machine's own addresses are asked directly and all others through it."""

import http.server
import json
import threading
import urllib.request

import pytest
import requests

from lockgate.adapters.bentoml.server import BentoClient
from lockgate.adapters.mlflow.store import TrackingStore
from lockgate.domain.project.proxies import direct_loopback

NOWHERE = "http://127.0.0.1:9"


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers every request with its own target, as a proxy or a server; both see who was asked for."""

    def do_GET(self):
        self.server.asked.append(self.path)
        content = b"3.17.2" if self.path.endswith("/version") else json.dumps({"asked": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def listening():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.asked, server.url = [], f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def behind(monkeypatch):
    """Put this process behind a proxy, as the import of lockgate finds it."""

    def put(proxy, **more):
        monkeypatch.setattr(urllib.request, "_opener", None)  # it knows the proxies of when it was made
        for name, value in {"HTTP_PROXY": proxy, "http_proxy": proxy, "ALL_PROXY": proxy, **more}.items():
            monkeypatch.setenv(name, value)
        for name, value in direct_loopback({"HTTP_PROXY": proxy, **more}).items():
            monkeypatch.setenv(name, value)

    return put


def test_without_a_proxy_nothing_is_set():
    assert direct_loopback({"PATH": "/bin", "HTTP_PROXY": "", "no_proxy": "corp.example"}) == {}


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY", "ftp_proxy"])
def test_behind_any_proxy_loopback_is_added_under_both_names(name):
    loopback = "localhost,127.0.0.1,::1"
    assert direct_loopback({name: NOWHERE}) == {"NO_PROXY": loopback, "no_proxy": loopback}


@pytest.mark.parametrize(
    ("environment", "upper", "lower"),
    [
        ({"NO_PROXY": ".corp, 10.0.0.1"}, ".corp,10.0.0.1,localhost,127.0.0.1,::1", None),
        ({"no_proxy": "localhost,.corp"}, "localhost,.corp,127.0.0.1,::1", None),
        ({"NO_PROXY": "a", "no_proxy": "b"}, "a,localhost,127.0.0.1,::1", "b,localhost,127.0.0.1,::1"),
        ({"no_proxy": "*"}, "*", None),
    ],
)
def test_what_the_user_names_is_kept_and_added_to(environment, upper, lower):
    found = direct_loopback({"HTTP_PROXY": NOWHERE, **environment})
    assert found == {"NO_PROXY": upper, "no_proxy": lower or upper}
    assert direct_loopback({"HTTP_PROXY": NOWHERE, **found}) == found


def test_a_served_release_on_loopback_is_asked_past_a_proxy_where_nothing_listens(listening, behind):
    behind(NOWHERE)
    assert BentoClient(listening.url).predict([{}]) == {"asked": "/predict"}
    assert requests.get(f"{listening.url}/readyz", timeout=5).ok
    assert listening.asked == ["/predict", "/readyz"]


def test_a_tracking_server_on_loopback_is_asked_past_the_proxy(listening, behind, monkeypatch, tmp_path):
    behind(NOWHERE)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", listening.url)
    assert TrackingStore(tmp_path).look() == f"{listening.url}, version 3.17.2"


def test_every_other_host_is_asked_through_the_proxy(listening, behind, monkeypatch, tmp_path):
    behind(listening.url, NO_PROXY="intern.example")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example:5000")
    assert TrackingStore(tmp_path).look() == "http://mlflow.example:5000, version 3.17.2"
    assert BentoClient("http://model.example").runtime() == {"asked": "http://model.example/runtime"}
    assert listening.asked == ["http://mlflow.example:5000/version", "http://model.example/runtime"]


def test_the_import_of_lockgate_puts_it_into_the_environment(run_python, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", NOWHERE)
    monkeypatch.setenv("NO_PROXY", "intern.example")
    code = "import os, lockgate\nassert os.environ['no_proxy'] == 'intern.example,localhost,127.0.0.1,::1'"
    assert "lockgate" in run_python(code)
    assert urllib.request.getproxies_environment()["https"] == NOWHERE
