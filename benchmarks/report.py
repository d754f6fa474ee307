"""Put the tables of benchmarks/results into docs/benchmarks.md, between the marks that name them.

python benchmarks/report.py
"""

import json
import re

from _results import FOLDER, table

PAGE = FOLDER.parents[1] / "docs" / "benchmarks.md"
MARKED = re.compile(r"(<!-- results: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def section(name: str) -> str:
    """Return what stands between two marks: a result's table, and what it was measured on."""
    file = FOLDER / f"{name}.json"
    if not file.is_file():
        return "Not measured yet.\n"
    kept = json.loads(file.read_text(encoding="utf-8"))
    about = kept["machine"]
    line = f"{about['cpu']}, {about['cores']} cores, load {about['load'][0]}, torch {about['versions'].get('torch')}."
    return "\n".join([*table(kept["rows"]), "", line, ""])


def main() -> None:
    """Rewrite the page."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(MARKED.sub(lambda mark: mark[1] + section(mark[2]) + mark[3], text), encoding="utf-8")


if __name__ == "__main__":
    main()
