"""The command line: `polyhead VERB ...`; nothing heavy is imported before a verb has work to do."""
