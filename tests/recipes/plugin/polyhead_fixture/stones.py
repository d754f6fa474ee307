"""Two sources without pixels."""

from typing import Any

from polyhead.loading.source import Source, Split


class Stones(Source):
    """Stones from a beach."""

    augment = ()

    def __init__(self, count: int = 10, seed: int = 0) -> None:
        if count < 1:
            raise ValueError("there are no stones")
        self.count, self.seed = count, seed

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the targets."""
        return {"good": ("no", "yes")}

    def size(self, split: Split) -> int:
        """Return how many items there are."""
        return self.count if split == "train" else 0

    def item(self, split: Split, index: int) -> Any:
        """Return nothing: no test asks."""
        raise NotImplementedError(split, index)

    def fingerprint(self) -> str:
        """Return the count."""
        return str(self.count)


class Shells(Stones):
    """Shells from a beach."""

    def __init__(self, root: str, count: int = 5) -> None:
        super().__init__(count)
        self.root = root
