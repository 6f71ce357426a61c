"""What a disk or a folder refuses is told in a sentence, with the file and a way out: exit code 1."""

import errno
import os
import resource
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.adapters.files.local_files import LocalFiles
from lockgate.cli.boundary import guarded
from lockgate.domain.project.disk import REASONS, fault_in, fault_of


@pytest.fixture
def told(capsys):
    """Do what fails; the one line that is said of it, and the way out."""

    def tell(work):
        assert guarded(work) == 1
        error, remedy = capsys.readouterr().err.splitlines()
        assert error.startswith("error: ")
        assert remedy.startswith("  ")
        return error.removeprefix("error: "), remedy.strip()

    return tell


def test_a_full_disk(told):
    def work():
        with Path("/dev/full").open("w") as file:
            file.write("x")
            file.flush()

    assert told(work)[0] == "the disk is full: no file is named"


@pytest.fixture
def mounted(tmp_path, needs):
    """A disk of a megabyte, mounted, and again read-only."""
    disk, locked = tmp_path / "disk", tmp_path / "locked"
    disk.mkdir()
    locked.mkdir()
    mounts = [["-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], ["--bind", "-o", "ro", str(disk), str(locked)]]
    made = [
        each[-1] for each in mounts if not subprocess.run(["mount", *each], check=False, capture_output=True).returncode
    ]
    try:
        needs(there=len(made) == 2, how="this user may not mount a disk, and no package changes that")
        yield disk, locked
    finally:
        for target in reversed(made):
            subprocess.run(["umount", "--lazy", target], check=True)


def test_real_disks_that_are_full_or_read_only(told, mounted, tmp_path, monkeypatch):
    disk, locked = mounted
    files, much = LocalFiles(), tmp_path / "much"
    much.mkdir()
    (much / "two").write_bytes(bytes(2 << 20))
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    full, closed = f"the disk is full: {disk}", f"nothing can be written there, it is read-only: {locked}"
    table = pa.table({"x": os.urandom(2 << 20).hex().split("0")})
    works = {
        "a file": (lambda folder: files.write_bytes(folder / "a", bytes(2 << 20)), full, closed),
        "a copied tree": (lambda folder: shutil.copytree(much, folder / "tree"), full, closed),
        "a table": (lambda folder: pq.write_table(table, folder / "table"), "the disk is full", closed),
        "a placed folder": (lambda folder: _placed(files, folder, much / "two"), full, closed),
    }
    for name, (work, when_full, when_closed) in works.items():
        message, remedy = told(lambda work=work: work(disk))
        assert message.startswith(when_full), name
        assert remedy == "make room and run it again: what was there before is as it was"
        for left in disk.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        message, remedy = told(lambda work=work: work(locked))
        assert message.startswith(when_closed), name
    monkeypatch.setenv("TMPDIR", str(disk))
    monkeypatch.setattr(tempfile, "tempdir", None)

    def in_tmpdir():
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(much, folder, dirs_exist_ok=True)

    message, remedy = told(in_tmpdir)
    assert message.startswith(full)
    assert remedy.startswith("set TMPDIR to a folder that has room")


def _placed(files, folder, source):
    with files.place(folder / "placed", {"two": source}):
        pass


def test_a_database_on_a_disk_that_is_read_only(told, mounted):
    disk, locked = mounted
    sqlite3.connect(disk / "db").execute("create table x (y)").connection.close()
    message, _ = told(lambda: sqlite3.connect(locked / "db").execute("insert into x values (1)"))
    assert message.startswith("nothing can be written there, it is read-only")


def test_a_file_where_a_folder_is_needed_and_the_other_way_round(told, tmp_path):
    (tmp_path / "file").touch()
    message, remedy = told(lambda: LocalFiles().write_bytes(tmp_path / "file" / "a", b""))
    assert message == f"something else stands there: {tmp_path / 'file'}"
    assert remedy.startswith("move it away and run it again")
    (tmp_path / "folder" / "in it").mkdir(parents=True)
    message, _ = told(lambda: LocalFiles().write_bytes(tmp_path / "folder", b""))
    assert message.startswith("a folder stands where a file is needed")


def test_too_many_open_files(told):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = []

    def work():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, before[1]))
        while True:
            opened.append(os.open("/dev/null", os.O_RDONLY))

    try:
        message, remedy = told(work)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for each in opened:
            os.close(each)
    assert message == "too many open files: /dev/null"
    assert "ulimit -n" in remedy


def test_a_folder_of_another_user(told, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)

    def work():
        child = subprocess.run(
            ["python3", "-c", f"open({str(tmp_path / 'closed' / 'a')!r}, 'w')"],
            stderr=subprocess.PIPE, text=True, user=65534 if os.geteuid() == 0 else None, check=False,
        )  # fmt: skip
        raise fault_in(child.stderr)

    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:-2]:
        parent.chmod(parent.stat().st_mode | 0o055)
    message, remedy = told(work)
    assert message == f"not permitted to this user: {tmp_path / 'closed' / 'a'}"
    assert "ls -ld" in remedy


def test_nobody_who_reads(told):
    def work():
        reading, writing = os.pipe()
        os.close(reading)
        try:
            os.write(writing, b"x")
        finally:
            os.close(writing)

    assert told(work)[0] == "nobody reads what is printed any more"


@pytest.mark.parametrize("number", REASONS, ids=errno.errorcode.get)
def test_every_reason_names_the_file_and_a_way_out(number):
    fault = fault_of(OSError(number, os.strerror(number), "build/a"))
    assert fault.message.endswith(": build/a")
    assert fault.hint
    again = fault_in(f"Traceback\nOSError: [Errno {number}] {os.strerror(number)}: 'build/a'\nand more")
    assert (again.message, again.hint) == (fault.message, fault.hint)


def test_what_an_error_came_from_tells_as_well():
    error = ValueError("cannot be written")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device", "a")
    assert fault_of(error).message == "the disk is full: a"


@pytest.mark.parametrize(
    "words", ["Permission denied (publickey)", "[Errno 111] Connection refused", "", "[Errno 2] x"]
)
def test_what_is_no_disks_is_not_taken_for_it(words):
    assert fault_in(words) is None
    assert fault_of(RuntimeError(words)) is None
