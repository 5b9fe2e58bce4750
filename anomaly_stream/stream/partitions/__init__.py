"""What a worker holds of each partition that it owns."""
