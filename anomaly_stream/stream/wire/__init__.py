"""Record batches from the wire to columns, without an object per record."""
