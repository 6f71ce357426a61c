"""The anchor: the best champion since the held-out rows were last renewed. Small losses are added up against it."""

from dataclasses import dataclass, fields

from lockgate.domain.judging.protocol.champion import Champion

ANCHOR_RULE = "anchor"


@dataclass(frozen=True)
class Anchor(Champion):
    """A champion of the environment, of now or of before, and its evidence on the candidate's rows.

    It is the best of so many, ``among``, that were judged on these rows. 0: none was, so that it is the champion of
    now, and the anchor starts anew with what is released next. ``absent`` says why it cannot be told which one it is,
    and then ``release`` is that of the champion; or why its release cannot be had.
    """

    among: int = 0

    @classmethod
    def of(cls, champion: Champion, among: int) -> "Anchor":
        """That champion as the anchor."""
        return cls(**{each.name: getattr(champion, each.name) for each in fields(Champion)}, among=among)

    @property
    def name(self) -> str:
        """As findings call it."""
        return f"anchor {self.release.short}"
