"""A head whose library is missing."""

import a_library_that_nobody_has  # noqa: F401  # that is what is wrong with it


class Failing:
    """Fails to import."""
