"""`python -m polyhead` and `torchrun -m polyhead` do what `polyhead` does."""

import sys

from polyhead.cli.entry import main

sys.exit(main())
