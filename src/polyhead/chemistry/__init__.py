"""Molecules: what RDKit knows of them, as arrays, and a batch of them as one graph."""
