"""Recipes: what is to be trained, as one plain dict; read, layered, checked and written without torch.

`polyhead.recipes.values` and `polyhead.recipes.build`, which need the classes themselves, are imported when asked for.
"""

from polyhead.recipes.resolving import Resolved as Resolved
from polyhead.recipes.resolving import resolve as resolve
from polyhead.recipes.resolving import resolve_data as resolve_data
from polyhead.recipes.signatures import Option as Option
from polyhead.recipes.signatures import options as options
from polyhead.recipes.text import read as read
from polyhead.recipes.text import write as write
