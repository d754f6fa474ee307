"""Recipes: one flat YAML each, which opens with its command and the result that a run measured."""
