"""How the benchmarks here keep what they measured: results/NAME.json, and the same as a table in results/NAME.md.

A row is one comparison: `what` was measured, `ours`, what a `peer` does on the same, the `goal`, and whether it is
`met`. Rows may leave out what does not apply, and have further columns. Numbers are written as they are given: round
them before.
"""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
COLUMNS = ("what", "ours", "peer", "goal", "met")
"""The usual columns, in their order; others stand behind them."""
PACKAGES = ("polyhead", "torch", "torchvision", "pytorch-lightning", "torchmetrics")


def machine(packages: Iterable[str] = PACKAGES) -> dict[str, Any]:
    """Return what a number depends on beside the code: processor, cores, load, system, and versions of packages.

    `load` is how many processes ran or waited during the last 1, 5 and 15 minutes; above `cores` the machine was busy.

    Args:
        packages: Their names; what is not installed has the version None.
    """
    return {
        "cpu": cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": [round(one, 2) for one in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **{name: installed(name) for name in packages}},
    }


def cpu() -> str:
    """Return the name of the processor, as far as the system tells."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def installed(package: str) -> str | None:
    """Return the version of a package, None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def write(name: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> None:
    """Print rows as a table, and keep them as results/NAME.json and results/NAME.md.

    Args:
        name: Of the benchmark.
        rows: What was measured.
        more: What else to keep, such as the settings: plain data. `machine` replaces what `machine()` says.
    """
    kept = {"rows": [dict(row) for row in rows], "machine": machine(), **more}
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = table(rows)
    (FOLDER / f"{name}.md").write_text("\n".join([f"# {name}", "", *lines, "", *about(kept)]) + "\n", encoding="utf-8")
    print("\n".join(lines))


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of a Markdown table, its columns as wide as what they hold."""
    found = dict.fromkeys(key for row in rows for key in row)
    names = [*(name for name in COLUMNS if name in found), *(name for name in found if name not in COLUMNS)]
    cells = [names, *([shown(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(names))]
    lines = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in cells]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def shown(value: Any) -> str:
    """Return a value as a cell: yes and no for truth, nothing for None."""
    words = {True: "yes", False: "no", None: ""}
    text = words[value] if value is None or isinstance(value, bool) else str(value)
    return text.replace("|", "\\|")


def about(kept: Mapping[str, Any]) -> list[str]:
    """Return one line of a list for each thing that was kept beside the rows."""
    flat = {**{key: value for key, value in kept.items() if key not in {"rows", "machine"}}, **kept["machine"]}
    return [f"- {key}: {phrase(value)}" for key, value in flat.items()]


def phrase(value: Any) -> str:
    """Return plain data in one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {phrase(one)}" for key, one in value.items())
    return ", ".join(map(phrase, value)) if isinstance(value, list | tuple) else str(value)
