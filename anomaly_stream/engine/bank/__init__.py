"""The bank: one row of state for each series under each config, and who is admitted to it."""
