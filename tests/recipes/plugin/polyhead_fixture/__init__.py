"""A plugin for tests: small classes under names of their own."""
