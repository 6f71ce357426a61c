"""The ports that need a folder and nothing else, on their adapters."""

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.parquet import ParquetTables
from lockgate.testing.contracts import DocumentsContract, FilesContract, TablesContract


class TestLocalFiles(FilesContract):
    def make(self):
        return LocalFiles()


class TestTypedDocuments(DocumentsContract):
    def make(self):
        return TypedDocuments(LocalFiles())


class TestParquetTables(TablesContract):
    def make(self):
        return ParquetTables(LocalFiles())
