"""How long the command line takes to answer before there is any work.

    python benchmarks/startup.py [--rounds 11]

Each command runs in a process of its own, as from a shell; rounds interleave the commands, and medians count.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from _results import machine, write

COMMANDS = {
    "polyhead --help": 0,
    "polyhead list": 0,
    "polyhead show multitask": 0,
    "polyhead show heads.detection": 0,
    "polyhead fit multitask --josn out.json": 2,
    "polyhead fit multitask trainer.max_epoch=3": 2,
}
"""What is asked, and the exit code that it ends with."""
GOAL = 0.3
"""Seconds within which an answer feels immediate."""


def answer(command: str, code: int) -> tuple[float, str]:
    """Return how many seconds a command takes, and what it says on standard error."""
    program = Path(sys.executable).with_name("polyhead")
    start = time.perf_counter()
    done = subprocess.run([program, *command.split()[1:]], capture_output=True, text=True, check=False)
    taken = time.perf_counter() - start
    if done.returncode != code:
        raise SystemExit(f"{command}: exit code {done.returncode}, not {code}: {done.stderr}")
    return taken, done.stderr.strip()


def main() -> None:
    """Measure, print, and write benchmarks/results/startup.json and startup.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    rounds = [
        {command: answer(command, code) for command, code in COMMANDS.items()}
        for _ in range(parser.parse_args().rounds)
    ]
    rows = []
    for command in COMMANDS:
        taken = [seconds for seconds, _ in (one[command] for one in rounds)]
        median = round(statistics.median(taken), 3)
        row = {"what": command, "ours": f"{median} s", "goal": f"< {GOAL} s", "met": median < GOAL}
        rows.append({**row, "slowest": f"{max(taken):.3f} s"})
    says = {command: rounds[0][command][1] for command, code in COMMANDS.items() if code}
    write("startup", rows, rounds=len(rounds), says=says, machine=machine(["polyhead"]))


if __name__ == "__main__":
    main()
