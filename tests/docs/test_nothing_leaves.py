"""Nothing phones home, behind a proxy neither: a reader's whole way looks up no name and sends no packet."""

import os
import sys

import pytest
import wire

pytestmark = pytest.mark.slow
ATTEMPTS = """
import socket
def attempt(work, *arguments):
    try:
        work(*arguments)
    except OSError:
        pass
attempt(socket.getaddrinfo, "phone.example", 443)
attempt(socket.create_connection, ("198.51.100.7", 443), 0.1)
socket.getfqdn()
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
"""


@pytest.fixture(autouse=True)
def watched(needs):
    needs(there=wire.there(), how=wire.HOW)


def test_on_the_whole_way_no_name_is_looked_up_and_no_packet_leaves(left_the_machine):
    sent, home = left_the_machine
    assert sent == []
    # What lies there is sent by the next process that lives long enough.
    assert [*home.rglob("onnxruntime.db")] == []


def test_a_lookup_and_a_packet_would_have_been_seen():
    done, sent = wire.run([sys.executable, "-c", ATTEMPTS])
    assert done.returncode == 0, done.stderr
    assert set(sent) == {"lookup of phone.example", "198.51.100.7:443/tcp", f"lookup of {os.uname().nodename}"}
