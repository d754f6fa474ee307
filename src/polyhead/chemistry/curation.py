"""Every row of a table becomes a molecule or has a reason why not: nothing aborts, and nothing is hidden."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, final

import numpy as np

from polyhead.chemistry.duplicates import Conflict, conflicts, groups_of, merged, spreads
from polyhead.chemistry.standardising import Oddity, Rules, look_at
from polyhead.chemistry.tables import Table
from polyhead.chemistry.targets import Target


class Note(NamedTuple):
    """What is odd about a row.

    Attributes:
        row: Its number, from 1.
        what: Which kind of thing, one of `polyhead.chemistry.report.MEANS`.
        reason: What exactly.
        action: What became of the row, or of the cell.
    """

    row: int
    what: str
    reason: str
    action: str


@final
@dataclass(frozen=True, slots=True)
class Curated:
    """A table after curation: R rows, N of them kept.

    Attributes:
        canonical: (R,) the canonical SMILES of each row; "" where it is left out.
        reasons: (R,) why a row is left out; "" where it is kept.
        rows: (N,) the rows that are kept, from 0, ascending.
        targets: What is known of them, N values each.
        notes: What is odd, by rows.
    """

    canonical: list[str]
    reasons: list[str]
    rows: list[int]
    targets: tuple[Target, ...]
    notes: list[Note]

    @property
    def smiles(self) -> list[str]:
        """(N,) the canonical SMILES of the rows that are kept."""
        return [self.canonical[row] for row in self.rows]


def curate(table: Table, column: str, targets: Sequence[Target] = (), rules: Rules | None = None) -> Curated:
    """Return what rules make of a table; rows stay in their order.

    Args:
        table: The table, of R rows.
        column: Where its molecules stand.
        targets: What it says of them, R values each.
        rules: What becomes of what is odd; None: the defaults, which leave out what is no molecule, and nothing else.
    """
    rules = rules or Rules()
    cells = table.columns[column]
    looks = look_at(["" if row in table.flaws else cell for row, cell in enumerate(cells)], rules)
    odd = [list(look.oddities) for look in looks]
    for row, flaw in table.flaws.items():
        odd[row] = [Oddity("row", flaw, "left out")]
    for target in targets:
        for row, cell in target.strange.items():
            odd[row].append(Oddity("label", f"{cell!r} in {target.name!r} is no number", "left blank"))
    canonical = [look.canonical for look in looks]
    note_stereo(odd, canonical, [look.flat for look in looks])
    kept = settle(odd, canonical, targets, rules)
    reasons = ["" if row in kept else why_not_kept(odd[row]) for row in range(len(table))]
    canonical = [name if row in kept else "" for row, name in enumerate(canonical)]
    rows = sorted(kept)
    notes = [Note(row + 1, *oddity) for row, oddities in enumerate(odd) for oddity in oddities]
    return Curated(canonical, reasons, rows, tuple(taken(target, rows, kept) for target in targets), notes)


def why_not_kept(oddities: Sequence[Oddity]) -> str:
    """Return the reason why a row is no row of its own any more."""
    return [oddity.reason for oddity in oddities if oddity.action.startswith(("left out", "merged"))][-1]


def note_stereo(odd: list[list[Oddity]], canonical: Sequence[str], flat: Sequence[str]) -> None:
    """Note the first row of each molecule that differs from an earlier one in stereochemistry alone."""
    first: dict[str, int] = {}
    seen: set[str] = set()
    for row, (name, shape) in enumerate(zip(canonical, flat, strict=True)):
        if name and name not in seen:
            seen.add(name)
            if (earlier := first.setdefault(shape, row)) != row:
                reason = f"differs from row {earlier + 1} in stereochemistry alone"
                odd[row].append(Oddity("stereo", reason, "kept"))


def settle(
    odd: list[list[Oddity]], canonical: Sequence[str], targets: Sequence[Target], rules: Rules
) -> dict[int, list[int]]:
    """Return the rows that are kept, each with the rows whose labels it carries, and note the others.

    The first row of a molecule stands for all of them where they are merged.
    """
    leeway = {name: rules.tolerance * spread for name, spread in spreads(targets).items()}
    kept: dict[int, list[int]] = {}
    for rows in groups_of(canonical).values():
        found = conflicts(rows, targets, leeway) if len(rows) > 1 else []
        dropped = bool(found) and rules.duplicates == "drop"
        actions = actions_of(rows, rules, dropped=dropped)
        note_conflicts(odd, found, targets, actions)
        for row in rows[1:]:
            odd[row].append(Oddity("duplicate", f"same molecule as row {rows[0] + 1}", actions[row]))
        if dropped:
            why = f"rows of one molecule contradict each other: {', '.join(str(row + 1) for row in rows)}"
            for row in rows:
                odd[row].append(Oddity("conflict", why, "left out"))
        elif rules.duplicates == "keep":
            kept.update({row: [row] for row in rows})
        else:
            kept[rows[0]] = rows[:1] if rules.duplicates == "first" else rows
    return kept


def actions_of(rows: Sequence[int], rules: Rules, *, dropped: bool) -> Mapping[int, str]:
    """Return what becomes of each row of one molecule."""
    if rules.duplicates == "keep":
        return dict.fromkeys(rows, "kept")
    rest = "left out" if dropped or rules.duplicates == "first" else f"merged into row {rows[0] + 1}"
    return {row: "kept" if row == rows[0] and not dropped else rest for row in rows}


def note_conflicts(
    odd: list[list[Oddity]], found: Sequence[Conflict], targets: Sequence[Target], actions: Mapping[int, str]
) -> None:
    """Note each conflict at the later of its two rows."""
    values = {target.name: target for target in targets}
    for conflict in found:
        earlier, later = conflict.rows
        here, there = (shown(values[conflict.target], row) for row in (later, earlier))
        reason = f"{conflict.target!r} is {here} here and {there} in row {earlier + 1}"
        odd[later].append(Oddity("conflict", reason, actions[later]))


def shown(target: Target, row: int) -> str:
    """Return what a row says, as it is written."""
    value = float(target.values[row])
    if target.kind == "class":
        return target.labels[int(value)]
    return f"{'<' if target.bounds[row] < 0 else '>' if target.bounds[row] > 0 else ''}{value:g}"


def taken(target: Target, rows: Sequence[int], kept: Mapping[int, Sequence[int]]) -> Target:
    """Return a target of the rows that are kept, each with what the rows merged into it say."""
    together = [merged(kept[row], target) for row in rows]
    values = np.array([value for value, _ in together])
    bounds = np.array([bound for _, bound in together], np.int8)
    strange = {place: target.strange[row] for place, row in enumerate(rows) if row in target.strange}
    return replace(target, values=values, bounds=bounds, strange=strange)
