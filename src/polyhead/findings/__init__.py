"""What is wrong with data: one kind of record for it, and who collects it."""
