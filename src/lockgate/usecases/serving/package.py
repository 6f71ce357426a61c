"""``lockgate package``: a release becomes a Bento that carries the bundle whole, and answers before it has a name."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lockgate.domain.identity import Digest, digest_of_files
from lockgate.domain.names import listed
from lockgate.domain.releasing.release import Release
from lockgate.domain.serving.package_proof import PROOF, PackageProof, odd_source
from lockgate.errors import DocumentError, Refused
from lockgate.ports import Package, Packager, Repository
from lockgate.ports.serving.packages import BUNDLE, SOURCE
from lockgate.usecases.project.committed_files import demand_committed
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import open_release
from lockgate.usecases.project.stored.named_release import named_release
from lockgate.usecases.project.valid_documents import read_if_sound
from lockgate.usecases.serving.packaged_parity import Answered, answers_as_judged

Files = Mapping[str, Digest]


@dataclass(frozen=True)
class Prepared:
    """A package that can be served: made of ``parts``, holding the files ``held``.

    ``proof`` is what it was asked before it got its name; it is ``None`` for one that was built just now and has none.
    """

    package: Package
    release: Release
    folder: Path
    parts: Files
    held: Files
    proof: PackageProof | None


@dataclass(frozen=True)
class Named:
    """A package with its name, and what it was asked before it got it."""

    package: Package
    release: Release
    proof: PackageProof


def package_release(instruments: Instruments, version: str | None) -> Named:
    """Package the release of that version, by default that of the latest verdict; it need not lie here."""
    _, folder = named_release(instruments, version)
    return package(instruments, folder)


def package(instruments: Instruments, folder: Path) -> Named:
    """Package the bundle in ``folder`` with the project's service, as committed, and give it its name once it answers.

    One that has its name, was proved, and holds what would be built now is left as it is. Raises ``GateClosed`` where
    it does not answer as judged: the package of before keeps the name.
    """
    project = instruments.project()
    with prepared(project, folder, instruments.packager(), instruments.repository()) as ready:
        if ready.proof is not None:
            return Named(ready.package, ready.release, ready.proof)
        runtime = instruments.runtime(soon=True)
        with instruments.server().start(ready.package, "127.0.0.1", 0) as running:
            where = ready.package.tag
            answered = answers_as_judged(project, ready.release, folder, running, where, runtime, instruments.tables())
        return name(project, ready, answered, instruments.packager(), instruments.repository())


@contextmanager
def prepared(project: Project, folder: Path, packager: Packager, repository: Repository) -> Iterator[Prepared]:
    """A package of the bundle in ``folder``: the one with its name where that is proved, else a new one, in this block.

    Raises ``SourceError`` where the service is not as committed, and names the file.
    """
    release, service = open_release(project, folder), project.layout.root / project.settings.service
    parts = packager.parts(folder, service)
    _demand_service(project, parts, repository)
    found = packager.find(release)
    if found is not None and (named := _proved(project, found, release, folder, parts, packager)):
        yield named
        return
    with packager.build(release, folder, service) as built:
        held = project.files.tree(built.path)
        if odd := odd_source(parts, _source(held, packager.rewrites), BUNDLE):
            raise DocumentError(
                f"package {built.tag}: {listed(odd)} is not what it is made of",
                hint="was it changed meanwhile, or does it change while it is built? run it again",
            )
        open_release(project, built.release)
        yield Prepared(built, release, folder, parts, held, None)


def name(project: Project, ready: Prepared, answered: Answered, packager: Packager, repository: Repository) -> Named:
    """Give a package its name, with the proof in its folder. Raises ``Refused`` where it changed while it served."""
    now = project.files.tree(ready.package.path)
    if changed := sorted(each for each in {*now, *ready.held} if now.get(each) != ready.held.get(each)):
        raise Refused(
            f"package {ready.package.tag} changed while it served: {listed(changed)}",
            hint="who starts it again serves another; let the service write elsewhere, such as a folder of /tmp",
        )
    proof = PackageProof(
        release=ready.release.digest,
        service=repository.head(),
        made_of=digest_of_files(ready.parts),
        holds=digest_of_files(ready.held),
        tool=packager.tool,
        rows=answered.prediction.kinds,
        held_out=answered.held_out,
        data=ready.release.verdict.candidate.subject.data,
        unasked=answered.unasked,
        served=dict(answered.served),
    )
    project.documents.write(ready.package.path / PROOF, proof)
    return Named(packager.put(ready.package), ready.release, proof)


def _proved(
    project: Project, found: Package, release: Release, folder: Path, parts: Files, packager: Packager
) -> Prepared | None:
    """A package that has its name, if it was proved and is what would be built now; the proof is not believed alone."""
    proof = read_if_sound(project, found.path / PROOF, PackageProof)
    if proof is None:
        return None
    try:
        held = {name: digest for name, digest in project.files.tree(found.path).items() if name != PROOF}
    except DocumentError:  # a link, or what is no file: it was not built so
        return None
    if not proof.covers(release.digest, parts, held, packager.tool) or odd_source(
        parts, _source(held, packager.rewrites), BUNDLE
    ):
        return None
    return Prepared(found, release, folder, parts, held, proof)


def _source(held: Files, rewritten: frozenset[str]) -> Files:
    prefix = f"{SOURCE}/"
    source = {name.removeprefix(prefix): digest for name, digest in held.items() if name.startswith(prefix)}
    return {name: digest for name, digest in source.items() if name not in rewritten}


def _demand_service(project: Project, parts: Files, repository: Repository) -> None:
    """Raise ``SourceError`` unless every file of the service is as in the latest commit, and none is gone."""
    service, changed = project.settings.service, repository.source().changed
    gone = {name for name in changed if name.startswith(f"{service}/")}
    here = {f"{service}/{name}" for name in parts if not name.startswith(f"{BUNDLE}/")}
    paths = (project.layout.root / name for name in sorted(gone | here))
    demand_committed(project.layout, repository, "a package holds the service that is committed", *paths)
