"""Runs the project's own tests and reads the JUnit report that they write."""

import errno
import os
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from lockgate.domain.identity import sha256
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.source import Source
from lockgate.errors import DocumentError
from lockgate.processes.starting import ran

TIMEOUT = 1800.0


class JUnitTestRunner:
    """The test-runner port: any command that writes a JUnit report."""

    def run(self, command: str, report: Path, source: Source, root: Path) -> TestsEvidence:
        """Run the command in ``root`` and read the JUnit report that it wrote. Raises ``DocumentError``."""
        try:
            arguments = _arguments(command)
            _demand_program(arguments[0], root)
        except (OSError, ValueError) as error:
            reason = f"{error.filename}: not found" if isinstance(error, FileNotFoundError) else str(error)
            raise DocumentError(
                f"tests.command cannot be run: {reason}", hint="see tests.command in params.yaml"
            ) from error
        report.unlink(missing_ok=True)
        report.parent.mkdir(parents=True, exist_ok=True)
        # What the tests print goes to stderr, so that stdout stays the verb's own, `--json` included.
        try:
            shown = {"stdout": sys.stderr, "stderr": sys.stderr}
            done = ran(arguments, root, "run the tests", os.environ, timeout=TIMEOUT, cwd=root, **shown)
        except subprocess.TimeoutExpired as error:
            raise DocumentError(f"tests.command ran longer than {TIMEOUT:.0f} s", hint=f"try it: {command}") from error
        return _read(report, command, done.returncode, source)


def _arguments(command: str) -> list[str]:
    if not command.strip():
        raise ValueError("it is empty")
    first, *rest = shlex.split(command)
    # `python` is the interpreter that runs Lockgate, as in an activated environment.
    if first != "python":
        return [first, *rest]
    if rest[:1] == ["-m"]:
        return [sys.executable, "-P", "-m", "lockgate.adapters.python.import_path", *rest[1:]]
    return [sys.executable, *rest]


def _demand_program(name: str, root: Path) -> None:
    """Raises ``FileNotFoundError`` or ``PermissionError``, as running it would."""
    path = str(root / name) if os.sep in name else name
    if shutil.which(path) is None:
        there = os.sep in name and Path(path).exists()
        code = errno.EACCES if there else errno.ENOENT
        raise OSError(code, os.strerror(code), name)


def _read(report: Path, command: str, exit_code: int, source: Source) -> TestsEvidence:
    try:
        content = report.read_bytes()
        root = ET.fromstring(content)  # noqa: S314 - written by the project's own tests
    except FileNotFoundError as error:
        raise DocumentError(
            f"{report}: the tests wrote no report (exit code {exit_code})",
            hint=f"try it: {command}; it must write a JUnit report to tests.report",
        ) from error
    except ET.ParseError as error:
        raise DocumentError(f"{report}: not a JUnit report: {error}", hint=f"try it: {command}") from error
    cases = list(root.iter("testcase"))
    return TestsEvidence(
        source=source,
        command=command,
        exit_code=exit_code,
        tests=len(cases),
        failures=_count(root, cases, "failures", "failure", report),
        errors=_count(root, cases, "errors", "error", report),
        skipped=_count(root, cases, "skipped", "skipped", report),
        failed=tuple(_name(case) for case in cases if _broken(case)),
        report=sha256(content),
    )


def _count(root: ET.Element, cases: list[ET.Element], total: str, mark: str, report: Path) -> int:
    """What the outermost suites count or what their cases show, whichever is worse: tools differ in what they write."""
    suites = root.findall("testsuite") if root.tag == "testsuites" else [root]
    try:
        counted = sum(int(suite.get(total, "0")) for suite in suites)
    except ValueError as error:
        raise DocumentError(f"{report}: {total} is not a number: {error}", hint="see tests.command") from error
    return max(counted, sum(case.find(mark) is not None for case in cases))


def _broken(case: ET.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


def _name(case: ET.Element) -> str:
    return f"{case.get('classname', '')}.{case.get('name', '')}".lstrip(".")
