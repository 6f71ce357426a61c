"""Stopping when the validation loss has not become better for a while, and going back to where it was best."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class Best(Generic[T]):
    """The best state so far, and how many epochs ago it was."""

    patience: int
    loss: float = float("inf")
    state: T | None = None
    waited: int = 0

    def better(self, loss: float) -> bool:
        """Whether this loss is the lowest so far; the caller then keeps the state."""
        self.waited = 0 if loss < self.loss else self.waited + 1
        self.loss = min(self.loss, loss)
        return self.waited == 0

    @property
    def over(self) -> bool:
        """Whether it is time to stop."""
        return self.waited >= self.patience
