"""Pages of the reference that are written from the code: commands, and topics with their events."""
