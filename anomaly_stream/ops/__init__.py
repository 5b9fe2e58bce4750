"""What operators see of a process: health, HTTP endpoints, Prometheus metrics."""
