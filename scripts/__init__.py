"""Programs that the Makefile runs for the docs and their pictures."""
