"""Several forms of labels for the same images, as one album."""

from collections.abc import Mapping
from os.path import abspath
from pathlib import Path

from polyhead.data._album import Album
from polyhead.data._mask_file import FOREGROUND
from polyhead.data._photos import Photo
from polyhead.findings.collecting import leaving_out, refusal, remark


def joined(root: Path, albums: Mapping[str, Album]) -> Album:
    """Return all images of some albums, each once and with the labels of all of them.

    Of a target that several offer, the first album's labels are taken; masks whose two classes nobody named are called
    as another album calls its two. An image is in the split that an album gives it.

    Args:
        root: The folder that all albums are of.
        albums: By the name of their form, one or more, the preferred first.

    Raises:
        UserError: If an image is in different splits, or an album shares no image with those before it.
    """
    owners: dict[str, str] = {}
    names: dict[str, tuple[str, ...]] = {}
    photos: dict[Path, Photo] = {}
    notes: list[str] = []
    for form, album in albums.items():
        for target, called in album.names.items():
            owner = owners.setdefault(target, form)
            known = names.setdefault(target, called)
            if owner != form:
                what = f"{target} is read from {owner}, and what {form} says of it is left out"
                notes.append(f"{root}: {what}")
                remark("form-left-out", root, what, "name the form that is meant with data.name")
                if known == FOREGROUND and len(called) == len(known):
                    names[target] = called
                    notes.append(f"{root}: the classes of {target} are named as in {form}: {', '.join(called)}")
        lay(root, form, photos, only(album, {target for target, owner in owners.items() if owner == form}))
        notes += album.notes
    return Album(list(photos.values()), names, notes)


def only(album: Album, targets: set[str]) -> list[Photo]:
    """Return the photographs of an album with no other labels than those of some targets."""
    return [
        photo._replace(labels={target: label for target, label in photo.labels.items() if target in targets})
        for photo in album.photos
    ]


def lay(root: Path, form: str, photos: dict[Path, Photo], more: list[Photo]) -> None:
    """Add more photographs, by their files; those that are there already get more labels. Errors as `joined`."""
    found = [(Path(abspath(photo.path)), photo) for photo in more]  # noqa: PTH100  # links stay: one is an image too
    if photos and not any(path in photos for path, _ in found):
        what = f"holds data in several forms, and no image of {form} is among the others'"
        raise refusal("form-unclear", root, what, "say which is meant with data.name, or give it a folder of its own")
    for path, photo in found:
        with leaving_out():
            photos[path] = merged(photos[path], photo) if path in photos else photo


def merged(one: Photo, other: Photo) -> Photo:
    """Return one image with the labels of both.

    Raises:
        UserError: If its splits differ.
    """
    if one.split and other.split and one.split != other.split:
        what = f"is in {one.split} in one form of its data and in {other.split} in another"
        cure = "make them agree, or say which is meant with data.name"
        raise refusal("split-conflict", one.path, what, cure, image=str(one.path))
    return Photo(one.path, one.split or other.split, {**other.labels, **one.labels}, one.size or other.size)
