"""Polyhead: one backbone, many heads."""
