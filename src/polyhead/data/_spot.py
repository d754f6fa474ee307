"""Where in a file something stands, from the words for it."""

import re
from typing import Any


def spot(place: str) -> dict[str, Any]:
    """Return the line, or the place without what is said of it, that words such as "object 4 (RBC)" name."""
    if line := re.fullmatch(r"line (\d+)", place):
        return {"line": int(line[1])}
    found = re.match(r"object \d+|\w+\[\d+\]", place)
    return {"place": found[0] if found else place}
