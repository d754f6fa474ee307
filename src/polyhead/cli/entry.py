"""The way in and the ways out: exit code 0 is done, 1 is our fault (a traceback), 2 the user's (one line)."""

import os
import sys
from collections.abc import Sequence

import typer

from polyhead import ranks
from polyhead.cli import checking, comparing, explaining, predicting, swapping
from polyhead.cli.verbs import app
from polyhead.errors import Stopped, UserError, nearest

USAGE: type[Exception] = typer.BadParameter.__mro__[1]
"""The base of all errors of usage; Typer carries a click of its own, or imports it, from version to version."""
app.command()(predicting.predict)
app.command()(explaining.explain)
app.command("check-data")(checking.check_data)
app.command(cls=comparing.Compare)(comparing.compare)
app.command(cls=swapping.Heads)(swapping.heads)
MISTAKE, SIGNALLED, INTERRUPTED, UNREAD, TERMINATED = 2, 128, 130, 141, 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: What follows `polyhead`; None: those of the process.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(given or ["--help"])
        sys.stdout.flush()
    except Stopped as stop:  # other ranks end in silence: an exit code would have the first one killed
        return _say(str(stop), SIGNALLED + stop.signal) if ranks.first() else 0
    except BrokenPipeError:  # who reads us has read enough; what is still in the buffer goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    return code


def _run(given: list[str]) -> int:
    """Run one command; the user's mistakes become one line on stderr."""
    try:
        code = typer.main.get_command(app).main(given, prog_name="polyhead", standalone_mode=False)
    except UserError as error:
        return _say(f"error: {error.args[0]}", MISTAKE, error.table)
    except USAGE as error:
        return _say(f"error: {_usage(error)}", MISTAKE)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except SystemExit as stop:  # so Lightning leaves after Ctrl-C (with 1) and SIGTERM (with no code, which means done)
        if stop.code is None:
            return _say("terminated", TERMINATED)
        if not isinstance(stop.__context__, KeyboardInterrupt):
            raise
        code = INTERRUPTED
    if code == INTERRUPTED:
        return _say("interrupted", INTERRUPTED)
    return code if isinstance(code, int) else 0


def _usage(error: Exception) -> str:
    """Return an error of usage in one line, with the option that was probably meant."""
    text = " ".join(str(getattr(error, "format_message", error.__str__)()).split())
    option, context = getattr(error, "option_name", ""), getattr(error, "ctx", None)
    if context is None:
        return text
    if option and text.startswith("No such option"):
        known = [name for parameter in context.command.params for name in (*parameter.opts, *parameter.secondary_opts)]
        text = f"No such option: {option}{nearest(option, [name for name in known if name.startswith('-')])}"
    return f"{text.rstrip('.')}; see {context.command_path} --help"


def _say(text: str, code: int, table: str = "") -> int:
    """Print one line on stderr, and a table below it where there is one; return the exit code."""
    sys.stderr.write(" ".join(text.splitlines()) + "\n" + (f"\n{table}\n" if table else ""))
    return code
