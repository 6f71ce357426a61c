"""Real servers on loopback for the tests, each ended as a whole when its block is left."""

import atexit
import contextlib
import functools
import getpass
import http.client
import http.server
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(ready, process, log, seconds=90):
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            return ready()
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, f"the server did not come up: {log.read_text()}"
        time.sleep(0.1)


@contextlib.contextmanager
def started(command, log, ready, **options):
    with log.open("w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True, **options)
    with ended_with(process, log, ready):
        yield process


@contextlib.contextmanager
def ended_with(process, log, ready):
    try:
        wait_for(ready, process, log)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Forked:
    """A process that another one has begun, asked as ``subprocess`` has it."""

    def __init__(self, pid):
        self.pid, self._open = pid, os.pidfd_open(pid)

    def poll(self):
        return 0 if select.select([self._open], [], [], 0)[0] else None

    def wait(self):
        select.select([self._open], [], [])


@functools.cache
def mlflow_forks():
    """One process that loads MLflow's server for all of them: it takes three seconds."""
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("mlflow_forks.py"))]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)
    return process


@contextlib.contextmanager
def mlflow_server(folder, store, port=None, artifacts=None, **environment):
    """A MLflow server as `mlflow server` starts it: its URL and its process.

    ``artifacts`` is where it keeps them, by default in the folder.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    # What `mlflow server` sets for the process that it starts; its own would only wait for that one.
    environment = os.environ | {
        "_MLFLOW_SERVER_FILE_STORE": store,
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": artifacts or str(folder / "artifacts"),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        **environment,
    }

    def ready():
        urllib.request.urlopen(f"{url}/health", timeout=2).close()

    log, forks = folder / "server.log", mlflow_forks()
    asked = {"port": port, "folder": str(folder), "log": str(log), "environment": environment}
    print(json.dumps(asked), file=forks.stdin, flush=True)
    process = Forked(int(forks.stdout.readline()))
    with ended_with(process, log, ready):
        yield url, process


def postgres_programs():
    """The folder of PostgreSQL's programs, which Debian keeps off the PATH; ``None`` where there are none."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), Path(shutil.which("initdb") or "/none/initdb").parent]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextlib.contextmanager
def postgres_server():
    """A PostgreSQL of its own with an empty database: its address for SQLAlchemy."""
    # PostgreSQL refuses to run as root, and its user may not look into pytest's folders.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))
    try:
        if as_user:
            shutil.chown(folder, "postgres")
        programs, port, data = postgres_programs(), free_port(), folder / "data"
        user = "postgres" if as_user else getpass.getuser()
        making = [*as_user, str(programs / "initdb"), "-D", str(data), "--auth=trust", "--no-sync"]
        subprocess.run(making, cwd="/tmp", check=True, capture_output=True)
        serving = [
            *(*as_user, str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
        ]
        making = [str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", user, "mlflow"]

        def ready():
            if subprocess.run(making, check=False, capture_output=True).returncode:
                raise OSError

        with started(serving, folder / "postgres.log", ready, cwd="/tmp") as process:
            yield f"postgresql+psycopg2://{user}@127.0.0.1:{port}/mlflow"
            os.killpg(process.pid, signal.SIGINT)  # killed, it would leave shared memory
            process.wait(30)
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def ssh_server(folder):
    """An OpenSSH server that lets this user in by a key: its port and the key."""
    port = free_port()
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "client"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True, capture_output=True)
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/client.pub\n"
        "PasswordAuthentication no\nStrictModes no\nUsePAM no\nPidFile none\nSubsystem sftp internal-sftp\n"
    )

    def ready():
        socket.create_connection(("127.0.0.1", port), 1).close()

    with started(
        [shutil.which("sshd", path="/usr/sbin:/usr/bin"), "-D", "-e", "-f", str(folder / "sshd_config")],
        folder / "sshd.log",
        ready,
    ):
        yield port, folder / "client"


@contextlib.contextmanager
def oci_registry(folder, port=None):
    """A registry of images and artefacts, on plain HTTP, that deletes: its host and port, and its process."""
    port = port or free_port()
    (folder / "registry.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder}/blobs}},"
        f" delete: {{enabled: true}}}}\nhttp: {{addr: '127.0.0.1:{port}', secret: of-tests}}\n"
    )

    def ready():
        urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=2).close()

    command = [shutil.which("docker-registry"), "serve", str(folder / "registry.yml")]
    with started(command, folder / "registry.log", ready) as process:
        yield f"127.0.0.1:{port}", process


@contextlib.contextmanager
def sftp_store(folder):
    """A folder on an OpenSSH server: its address, and the home of a user whose settings lead there."""
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True)
    key = home / ".ssh/id_rsa"
    with ssh_server(folder) as (port, _):
        # pysftp knows no newer kind of key.
        making = ["ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", str(key)]
        subprocess.run(making, check=True, capture_output=True)
        shutil.copy(f"{key}.pub", folder / "client.pub")
        host = " ".join((folder / "host.pub").read_text().split()[:2])
        (home / ".ssh/known_hosts").write_text(f"127.0.0.1 {host}\n")
        (home / ".ssh/config").write_text(f"Host 127.0.0.1\n  User {getpass.getuser()}\n  IdentityFile {key}\n")
        yield f"sftp://127.0.0.1:{port}{folder}/artifacts", home


class Cutting:
    """A proxy before a server on HTTP that may cut the line: ``at`` is told of each request, and may raise ``OSError``.

    It is asked twice, by the request's number and path: before the server gets it, and when it is ``answered``.
    """

    def __init__(self, port):
        self.at = lambda number, path, *, answered: None
        self.requests = 0
        self._lock = threading.Lock()
        cutting = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one: the client's acknowledgement of a part takes its time

            def _hand_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                number = cutting._next()
                try:
                    cutting.at(number, self.path, answered=False)
                    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as to:
                        to.request(self.command, self.path, body, dict(self.headers))
                        answer = to.getresponse()
                        content = answer.read()
                    cutting.at(number, self.path, answered=True)
                except OSError:
                    self.close_connection = True
                    return
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in {"transfer-encoding", "content-length", "connection"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self._hand_on
                raise AttributeError(name)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def _next(self):
        with self._lock:
            self.requests += 1
            return self.requests

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Slow:
    """A proxy that lets a server answer late; ``asked`` counts the requests."""

    def __init__(self, port, seconds):
        self._to, self._seconds, self.asked = port, seconds, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            threading.Thread(target=self._pump, args=(client, server, 0), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, self._seconds), daemon=True).start()

    def _pump(self, source, target, seconds):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                time.sleep(seconds)
                self.asked += seconds > 0
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


class Halting:
    """A proxy that hands on no more of what the client says, or hears, once so many bytes have gone that way."""

    def __init__(self, port):
        self._to, self.said, self.heard = port, None, None
        self._listener, self._open = socket.create_server(("127.0.0.1", 0)), []
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        for each in (self._listener, *self._open):
            each.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._open += [client, server]
                for each in (client, server):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for source, target, way in ((client, server, "said"), (server, client, "heard")):
                    threading.Thread(target=self._pump, args=(source, target, way), daemon=True).start()

    def _pump(self, source, target, way):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if (left := getattr(self, way)) is not None:
                    setattr(self, way, left - len(data))
                    if left <= 0:
                        continue  # read, and never handed on: neither end sees that anything is wrong
                target.sendall(data)
