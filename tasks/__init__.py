"""Tasks: the LightningModule, and the named tasks that compose backbone, heads and data."""
