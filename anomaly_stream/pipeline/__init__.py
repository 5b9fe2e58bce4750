"""The pure pipeline of one partition: decode, step, groups, events."""
