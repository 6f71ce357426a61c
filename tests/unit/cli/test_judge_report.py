"""Where the page of a judgement cannot be written is told in words."""

import pytest

from lockgate.adapters.files.local_files import LocalFiles
from lockgate.cli.wiring.judging import write_report
from lockgate.errors import InputError


def test_a_report_goes_into_a_new_folder_or_says_that_none_can_be_made(tmp_path, monkeypatch):
    page = tmp_path / "new/page.html"
    write_report(LocalFiles(), page, "<p>")
    assert page.read_text() == "<p>"

    def refused(*_):
        raise FileNotFoundError(2, "No such file or directory", "/proc/none")

    monkeypatch.setattr(LocalFiles, "write_bytes", refused)
    with pytest.raises(InputError, match=r"--report .*page.html: there is no folder"):
        write_report(LocalFiles(), page, "<p>")
