"""Heads: Features -> outputs -> losses, predictions, pictures. A file's name is the name of the class in it."""
