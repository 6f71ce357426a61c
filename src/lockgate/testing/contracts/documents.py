"""Typed documents and settings."""
# ruff: noqa: S101 - asserts are what a test is made of

from dataclasses import dataclass
from pathlib import Path

import pytest

from lockgate.domain.identity import Digest, md5, sha256
from lockgate.errors import DocumentError, SettingsError
from lockgate.ports import Documents


@dataclass(frozen=True)
class ContractDocument:
    """A document with every kind of value that documents hold."""

    name: str
    digest: Digest
    numbers: tuple[float, ...]
    nested: dict[str, Digest]
    absent: float | None = None


CONTRACT_DOCUMENT = ContractDocument("ü >50K", sha256(b"x"), (0.1, 1e-300, -0.0, 1e22), {"data": md5(b"x")})


class DocumentsContract:
    """The documents port."""

    def make(self) -> Documents:
        """The implementation."""
        raise NotImplementedError

    @pytest.fixture
    def documents(self) -> Documents:
        """The implementation."""
        return self.make()

    def test_what_is_written_is_read_back(self, documents: Documents, tmp_path: Path) -> None:
        """To the last digit of a number."""
        documents.write(tmp_path / "document.json", CONTRACT_DOCUMENT)
        assert documents.read(tmp_path / "document.json", ContractDocument) == CONTRACT_DOCUMENT

    def test_writing_tells_the_digest_of_the_bytes(self, documents: Documents, tmp_path: Path) -> None:
        """And equal documents give equal bytes."""
        digest = documents.write(tmp_path / "document.json", CONTRACT_DOCUMENT)
        assert digest == sha256((tmp_path / "document.json").read_bytes())
        assert digest == documents.write(tmp_path / "again.json", CONTRACT_DOCUMENT)

    def test_settings_that_are_written_are_read_back(self, documents: Documents, tmp_path: Path) -> None:
        """With the heading as a comment."""
        documents.write_settings(tmp_path / "settings.yaml", CONTRACT_DOCUMENT, heading="One\nTwo")
        assert (tmp_path / "settings.yaml").read_text(encoding="utf-8").startswith("# One\n# Two\n")
        assert documents.read_settings(tmp_path / "settings.yaml", ContractDocument) == CONTRACT_DOCUMENT

    def test_a_folder_is_no_document(self, documents: Documents, tmp_path: Path) -> None:
        """It is told that it cannot be read."""
        with pytest.raises(DocumentError, match="cannot be read"):
            documents.read(tmp_path, ContractDocument)

    def test_settings_are_read_from_bytes(self, documents: Documents, tmp_path: Path) -> None:
        """As from a file, with its name in errors."""
        documents.write_settings(tmp_path / "settings.yaml", CONTRACT_DOCUMENT, heading="One")
        content = (tmp_path / "settings.yaml").read_bytes()
        assert documents.parse_settings(content, "old.yaml", ContractDocument) == CONTRACT_DOCUMENT
        with pytest.raises(SettingsError, match=r"old\.yaml"):
            documents.parse_settings(b"name: [", "old.yaml", ContractDocument)

    def test_a_setting_is_told_by_its_line(self, documents: Documents, tmp_path: Path) -> None:
        """Where it is not there, by that of the deepest key that is; without any, by the file alone."""
        path = tmp_path / "settings.yaml"
        path.write_text("a:\n  b: 1\n", encoding="utf-8")
        places: list[tuple[str, ...]] = [("a", "b"), ("a", "c"), ("d",)]
        assert [documents.line(path, place) for place in places] == ["settings.yaml:2", "settings.yaml:1", path.name]

    def test_a_missing_file_is_named(self, documents: Documents, tmp_path: Path) -> None:
        """In the error of its kind."""
        with pytest.raises(DocumentError, match=r"document\.json: missing"):
            documents.read(tmp_path / "document.json", ContractDocument)
        with pytest.raises(SettingsError, match=r"settings\.yaml: missing"):
            documents.read_settings(tmp_path / "settings.yaml", ContractDocument)

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b"null", b"{}", b'{"name": 1}', b"\xff\xfe", b'{"name": NaN}']
    )
    def test_what_is_not_the_document_is_refused(self, documents: Documents, tmp_path: Path, content: bytes) -> None:
        """Never read as a default."""
        (tmp_path / "document.json").write_bytes(content)
        with pytest.raises(DocumentError, match=r"document\.json"):
            documents.read(tmp_path / "document.json", ContractDocument)
