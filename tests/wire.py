"""Runs a command where everything that leaves the machine is seen, and goes nowhere: a network namespace of its own.

In it stand loopback and one interface that leads to all the rest of the world, name server included. Its other end is
held here, packet for packet.
"""

import fcntl
import functools
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ADDRESS, NAME_SERVER = "192.0.2.2", "192.0.2.53"
PROXY = "http://192.0.2.8:3128"
"""An address on that interface: whatever goes to it is seen too."""

HOW = "a network namespace with /dev/net/tun: apt-get install iproute2 util-linux, as root or with user namespaces"
TUNSETIFF, TUN, NO_INFORMATION = 0x400454CA, 0x0001, 0x1000
TCP, UDP, DNS = 6, 17, 53
FILES = {
    # This machine's own name is in no file here, as on many: who asks for it asks a name server.
    "/etc/hosts": "127.0.0.1 localhost\n",
    "/etc/resolv.conf": f"nameserver {NAME_SERVER}\noptions timeout:1 attempts:1\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


def run(command, **options):
    """The finished command, and what it sent out: `lookup of NAME`, `ADDRESS:PORT/tcp`."""
    as_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    with tempfile.NamedTemporaryFile("r", prefix="wire-") as seen:
        holding = [sys.executable, "-I", __file__, seen.name, *command]
        done = subprocess.run(
            ["unshare", *as_user, "--net", "--mount", *holding], capture_output=True, text=True, check=False, **options
        )
        return done, seen.read().splitlines()


@functools.cache
def there():
    """Whether this machine can."""
    return bool(shutil.which("unshare") and shutil.which("ip")) and run(["true"])[0].returncode == 0


def hold(seen, command):
    """In the namespace: lay the wire, run the command, and write down what comes out."""
    wire = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(wire, TUNSETIFF, struct.pack("16sH22x", b"wire", TUN | NO_INFORMATION))
    # The system would look for routers by itself.
    if (ipv6 := Path("/proc/sys/net/ipv6/conf/wire/disable_ipv6")).exists():
        ipv6.write_text("1")
    for words in (
        "link set lo up",
        f"addr add {ADDRESS}/24 dev wire",
        "link set wire up",
        "route add default dev wire",
    ):
        subprocess.run(["ip", *words.split()], check=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, content) in enumerate(FILES.items()):
            file = Path(folder) / str(number)
            file.write_text(content)
            subprocess.run(["mount", "--bind", file, name], check=True)
        process = subprocess.Popen(command)
        with seen.open("w") as told:
            while process.poll() is None or _waits(wire):
                if _waits(wire):
                    told.write(f"{_read(os.read(wire, 65536))}\n")
    return process.returncode


def _waits(wire):
    return bool(select.select([wire], [], [], 0.1)[0])


def _read(packet):
    header, protocol = (packet[0] & 15) * 4, packet[9]
    address = ".".join(str(byte) for byte in packet[16:20])
    if protocol not in {TCP, UDP}:
        return f"{address}, protocol {protocol}"
    port = int.from_bytes(packet[header + 2 : header + 4], "big")
    if protocol == UDP and port == DNS:
        return f"lookup of {_name(packet[header + 8 + 12 :])}"
    return f"{address}:{port}/{'tcp' if protocol == TCP else 'udp'}"


def _name(question):
    parts = []
    while length := question[0]:
        parts.append(question[1 : 1 + length].decode(errors="replace"))
        question = question[1 + length :]
    return ".".join(parts)


if __name__ == "__main__":
    sys.exit(hold(Path(sys.argv[1]), sys.argv[2:]))
