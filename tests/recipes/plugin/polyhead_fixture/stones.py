"""Two sources without pixels."""

from typing import Any


class Stones:
    """Stones from a beach."""

    augment = ()

    def __init__(self, count: int = 10, seed: int = 0) -> None:
        if count < 1:
            raise ValueError("there are no stones")
        self.count, self.seed = count, seed

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the targets."""
        return {"good": ("no", "yes")}

    def size(self, split: str) -> int:
        """Return how many items there are."""
        return self.count if split == "train" else 0

    def item(self, split: str, index: int) -> Any:
        """Return nothing: no test asks."""
        raise NotImplementedError(split, index)


class Shells(Stones):
    """Shells from a beach."""

    def __init__(self, root: str, count: int = 5) -> None:
        super().__init__(count)
        self.root = root
