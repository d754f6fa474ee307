"""Options that take several values, one after the other: `--seeds 0 1 2`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from typer.core import TyperCommand

Options = Mapping[str, Callable[[str], bool]]


def spread(words: Sequence[str], options: Options) -> list[str]:
    """Return the words of a command line, with an option before each of the values that follow it.

    Args:
        words: What follows the verb.
        options: By option, whether a word that follows its first value is one more.
    """
    made: list[str] = []
    option, values = "", 0
    for word in words:
        more = option and not word.startswith("--") and (values == 0 or options[option](word))
        if more:
            made += [option, word]
            values += 1
        else:
            made += [option] * bool(option and not values)  # one that lacks its value, for the parser to say so
            option, values = (word, 0) if word in options else ("", 0)
            made += [word] * (not option)
    return made + [option] * bool(option and not values)


def several(options: Options) -> type[TyperCommand]:
    """Return a kind of command whose options take several values; `options` are those of `spread`."""

    class Several(TyperCommand):
        """A command that spreads such options before they are read."""

        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            """Read the arguments."""
            return super().parse_args(ctx, spread(args, options))

    return Several
