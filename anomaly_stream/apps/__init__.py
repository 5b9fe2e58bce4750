"""One module per process. Only this room builds adapters from settings."""
