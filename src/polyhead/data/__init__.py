"""Data sources: what is on disk, or made up -> labelled images. A file's name is the name of the class in it."""
