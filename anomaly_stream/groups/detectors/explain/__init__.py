"""Which members and pairs caused the verdict of a group."""
