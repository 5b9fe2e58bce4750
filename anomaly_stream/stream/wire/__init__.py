"""Parses the record batches of fetches to columns, without an object per record."""
