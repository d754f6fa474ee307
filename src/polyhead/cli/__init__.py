"""The command line: `polyhead VERB ...`; nothing heavy is imported before a verb has work to do."""

from polyhead.cli.entry import main as main
