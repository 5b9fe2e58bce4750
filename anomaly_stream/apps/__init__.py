"""One module per process. Only this package builds adapters from settings."""
