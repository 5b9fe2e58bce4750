"""The partitions that a worker owns."""
