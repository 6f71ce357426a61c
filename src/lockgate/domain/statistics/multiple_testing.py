"""Many claims at once."""

from collections.abc import Sequence


def holm(chances: Sequence[float], alpha: float) -> tuple[bool, ...]:
    """Which claims hold when the chance that any one of them is wrong may be ``alpha`` (Holm 1979)."""
    upheld = [False] * len(chances)
    for rank, index in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        if chances[index] > alpha / (len(chances) - rank):
            break
        upheld[index] = True
    return tuple(upheld)
