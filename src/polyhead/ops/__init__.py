"""Functions that several rooms call."""
