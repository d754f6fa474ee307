"""One of several sources that are trained on together."""

from collections.abc import Mapping
from typing import Any, Final

from polyhead.errors import UserError
from polyhead.loading.source import Source


class Member:
    """A source, and what the others have to know of it.

    Args:
        source: The data.
        share: Of each training batch, beside the shares of the others, above 0; None: as many as it has images.
        augment: As of the loader, for this source alone: "auto" for what suits it, "none", or a list.
        names: By target, what classes that have another name in the whole are called there; None leaves a class out:
            its objects are nobody's, its pixels and images unlabelled.

    Raises:
        UserError: If the share is not above 0, or the data are no images.
    """

    def __init__(
        self,
        source: Source,
        *,
        share: float | None = None,
        augment: str | list[str | dict[str, Any]] = "auto",
        names: dict[str, dict[str, str | None]] | None = None,
    ) -> None:
        if not isinstance(source, Source):
            raise UserError(f"{type(source).__name__} gives no images, and several sources are of images only")
        if share is not None and share <= 0:
            raise UserError(f"share must be above 0, not {share:g}; or leave the source out")
        self.source: Final = source
        self.share: Final = share
        self.augment: Final = augment
        self.names: Final[Mapping[str, Mapping[str, str | None]]] = names or {}
