"""Durable state: the changelog, RocksDB, checkpoints and recovery."""
