"""What releases are written with, and the registry."""

import importlib
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.adapters.python.installed import demand
from lockgate.domain.project.layout import Layout
from lockgate.usecases.project.project import Project

if TYPE_CHECKING:
    from lockgate.ports import BundleWriter, Keyring, LineageEvents, Registry, SignedTags, Stranger, StrangersRepository


FORMATS = ("cyclonedx", "huggingface_hub", "in_toto_attestation")
"""The libraries that write files of a release."""


def demand_formats() -> None:
    """Raise ``MissingTool`` where one of them is not installed."""
    for library in FORMATS:
        demand(library, "release")


def bundle_writers() -> Sequence["BundleWriter"]:
    """The formats of others, in the order in which they are written: the statement of provenance is about the rest."""
    demand_formats()
    from lockgate.adapters.formats.bills import BillsOfMaterials
    from lockgate.adapters.formats.model_card import ModelCards
    from lockgate.adapters.formats.provenance import ProvenanceStatements
    from lockgate.adapters.pages.release import ReleasePlots

    return (ReleasePlots(), ModelCards(), BillsOfMaterials(), ProvenanceStatements())


def load_bundle_writers_soon() -> None:
    """Import their libraries while others work. Raises ``MissingTool`` at once where one is not installed."""
    demand_formats()

    def load() -> None:
        with suppress(Exception):  # said where they are used
            bundle_writers()

    threading.Thread(target=load, name="import-formats", daemon=True).start()


def builder() -> str:
    """Who builds, by what a build server tells its builds."""
    from lockgate.adapters.build_server import builder_of

    return builder_of(os.environ)


def registry(project: Project) -> "Registry":
    """MLflow."""
    demand("mlflow", "mlflow")
    from lockgate.adapters.mlflow.registry import MlflowRegistry

    return MlflowRegistry(project.layout.root, project.documents, project.files)


def lineage_events() -> "LineageEvents":
    """OpenLineage."""
    demand("openlineage", "lineage")
    from lockgate.adapters.openlineage import OpenLineageEvents

    return OpenLineageEvents()


def signed_tags(layout: Layout) -> "SignedTags":
    """Git."""
    from lockgate.adapters.git.tags import GitTags

    return GitTags(layout.root)


def stranger(folder: Path) -> "Stranger":
    """Somebody whom no commit names: key files and a repository of git below the folder."""
    from lockgate.ports import Stranger

    def keyring() -> "Keyring":
        demand("model_signing", "release")
        from lockgate.adapters.files.local_files import LocalFiles
        from lockgate.adapters.signing.keyring import FileKeyring

        return FileKeyring(LocalFiles(), folder / "keys", named="")

    def repository() -> "StrangersRepository":
        from lockgate.adapters.git.stranger import GitStranger

        return GitStranger(folder / "tags")

    return Stranger(keyring, repository)


def load_registry_soon(layout: Layout) -> None:
    """Import MLflow while others work: it takes two seconds. What is wrong with it is said where it is used."""

    def load() -> None:
        with suppress(Exception):
            importlib.import_module("lockgate.adapters.mlflow.connection").load_stores(layout.root)

    threading.Thread(target=load, name="import-mlflow", daemon=True).start()
