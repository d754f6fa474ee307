"""Backbones: inputs -> Features. A file's name is the name of the one public class in it."""
