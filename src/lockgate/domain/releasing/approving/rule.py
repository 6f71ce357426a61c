"""How many approvals an environment needs, and from whom: `approvals:` of `params.yaml`."""

from collections.abc import Iterable
from dataclasses import dataclass

from lockgate.domain.ranges import OneOrMore, demand_ranges


@dataclass(frozen=True)
class ApprovalRule:
    """What an environment demands before it names a release.

    ``count`` persons approve; of those whom ``by`` lists, or where that is left out, of all whose keys the repository
    names. With ``second_person`` at least one of them wrote none of the model's commits. ``on_behalf`` are signers,
    such as that of a pipeline, who may record the approval of a person whom they name. With ``rollback`` a way back
    needs approvals as well.
    """

    count: OneOrMore = 1
    by: tuple[str, ...] = ()
    second_person: bool = False
    on_behalf: tuple[str, ...] = ()
    rollback: bool = False

    def __post_init__(self) -> None:
        demand_ranges(self)
        persons = {person.casefold() for person in self.by}
        if len(persons) != len(self.by):
            raise ValueError("by: a person is listed twice")
        if self.by and self.count > len(self.by):
            raise ValueError(f"count: {self.count} approvals are demanded of {len(self.by)} persons")
        if both := sorted(persons & {each.casefold() for each in self.on_behalf}):
            raise ValueError(f"on_behalf: {both[0]} is listed under `by` too; who records for others approves nothing")


def same_person(one: str, other: str) -> bool:
    """Whether two names are the same person's, but for case."""
    return one.casefold() == other.casefold()


def names_of(author: str, email: str) -> frozenset[str]:
    """What an author of commits may be called: by name, by address, and by what stands before the @ in it."""
    return frozenset({author.casefold(), email.casefold(), email.partition("@")[0].casefold()})


def is_one_of(names: Iterable[str], authors: frozenset[str]) -> bool:
    """Whether any of a person's names is one of the authors'."""
    return any(name.casefold() in authors for name in names if name)
