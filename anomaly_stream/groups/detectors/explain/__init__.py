"""Which members and pairs made a group's verdict."""
