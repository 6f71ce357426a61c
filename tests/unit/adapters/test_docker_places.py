"""Where a container is asked: on loopback, from a container beside it, or at the engine's own host."""

from types import SimpleNamespace

import pytest

from lockgate.adapters.docker.images import _places, _remote_host

CONTAINER = SimpleNamespace(
    ports={"3000/tcp": [{"HostIp": "0.0.0.0", "HostPort": "49153"}, {"HostIp": "::", "HostPort": "49153"}]},
    attrs={"NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.5"}, "none": {"IPAddress": ""}}}},
)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("", ""),
        ("unix:///var/run/docker.sock", ""),
        ("tcp://docker:2376", "docker"),
        ("ssh://builder@machine.example", "machine.example"),
        ("tcp://[fd00::1]:2376", "[fd00::1]"),
    ],
)
def test_an_engine_over_the_network_has_a_host(monkeypatch, address, host):
    monkeypatch.setenv("DOCKER_HOST", address)
    assert _remote_host() == host


def test_a_container_of_this_machine_is_asked_on_loopback_and_from_beside_it():
    assert list(_places(CONTAINER, "")) == ["http://127.0.0.1:49153", "http://172.17.0.5:3000"]


def test_a_container_of_another_machine_is_asked_there():
    assert list(_places(CONTAINER, "docker")) == ["http://docker:49153"]


def test_one_that_has_no_port_yet_is_asked_nowhere():
    assert list(_places(SimpleNamespace(ports={}, attrs=CONTAINER.attrs), "docker")) == []
