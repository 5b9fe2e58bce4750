"""Files as analysts have them, read as records: JSON lines, CSV, Parquet, compressed or not."""
