"""``lockgate registry check --repair``: the registry becomes what git says, and each version tells what was done."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.registry_state import CHALLENGER, Difference, Kind, RegistryReport, alias_differences
from lockgate.errors import LockgateError
from lockgate.ports import Registry
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.check_registry import Compared, compared
from lockgate.usecases.releasing.events import NotRepaired
from lockgate.usecases.releasing.follow_git import release_named


def check_registry(instruments: Instruments, *, every: bool, repair: bool, as_here: bool, tell: Tell) -> RegistryReport:
    """Compare the registry with git, and with ``repair`` make it so and compare again.

    ``every`` looks into the artefacts of all versions, not only of those that have an alias of Lockgate's. ``as_here``
    takes the history here for the one that counts, whatever commit the registry names. Raises ``ToolError`` where the
    registry does not answer.
    """
    found = compared(instruments, every=every, as_here=as_here)
    done: tuple[str, ...] = ()
    if repair and found.differences:
        who = instruments.commit_log().committer()
        done = tuple(Repair(instruments, instruments.registry(), who, tell).make(found))
        found = compared(instruments, every=every, as_here=as_here)
    name, where = instruments.project().settings.model, instruments.registry().where()
    return RegistryReport(name, where, len(found.state.versions), found.wanted, found.differences, done)


@dataclass(frozen=True)
class Repair:
    """Puts back, in the order in which one thing needs another: tags, artefacts and versions, aliases."""

    instruments: Instruments
    registry: Registry
    who: str
    tell: Tell

    def make(self, found: Compared) -> Iterator[str]:
        """Put everything back, and say each thing that was done."""
        for each in found.differences:
            if each.kind is Kind.TAGS_EDITED:
                self.registry.tag(self._name, each.version, found.manifests[each.version])
                yield self._recorded(each.version, f"tagged again as its bundle says; {each.said}")
        for each in found.differences:
            if each.kind in {Kind.ARTEFACTS_CHANGED, Kind.VERSION_GONE} and each.release is not None:
                yield from self._register(found, each, each.release)
        yield from self._point(found)

    @property
    def _name(self) -> str:
        return self.instruments.project().settings.model

    def _register(self, found: Compared, difference: Difference, digest: Digest) -> Iterator[str]:
        """Register a release anew. A version with other artefacts stays, and is no release from then on."""
        # What no environment has named is looked for by its digest alone.
        reference = found.by.references().get(digest) or ReleaseReference(self._name, digest, digest)
        try:
            had = release_named(self.instruments, reference)
            if had is None:
                self.tell(NotRepaired(f"{difference.said}: release {digest.short} cannot be had to put it back"))
                return
        except LockgateError as error:
            self.tell(NotRepaired(f"{difference.said}: {error.message}"))
            return
        challenger = False
        if difference.version:
            challenger = found.state.aliases.get(CHALLENGER) == difference.version
            self.registry.withdraw(self._name, difference.version)
            yield self._recorded(difference.version, f"is a release no longer: {difference.said}")
        registered = self.registry.register(*had, challenger=challenger)
        yield self._recorded(registered.version, f"registered {digest.short} again; {difference.said}")

    def _point(self, found: Compared) -> Iterator[str]:
        state = self.registry.state(self._name)
        for wanted in found.wanted:
            differing = () if wanted.unknown else alias_differences(state, (wanted,))
            for each in differing:
                release = None if wanted.release is None else wanted.release.release
                holding = None if release is None else state.holding(release)
                if holding is not None:
                    self.registry.follow(self._name, holding.version, replace(wanted.follows, aliases=(each.alias,)))
                    yield self._recorded(holding.version, f"alias {each.alias} put back; {each.said}")
                elif release is None:
                    yield self._recorded(each.version, f"alias {each.alias} removed; {each.said}")
                    self.registry.remove_alias(self._name, each.alias)

    def _recorded(self, version: str, said: str) -> str:
        by = f", by {self.who}" if self.who else ""
        self.registry.record(self._name, version, f"{said}{by}")
        return f"version {version}: {said}"
