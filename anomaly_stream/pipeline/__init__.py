"""The pure chain for one partition: decode, step, groups, events."""
