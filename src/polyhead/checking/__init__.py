"""A look at data before anything is trained on them: all that is wrong with them, counted, listed, shown, mended."""
