"""What the Makefile runs beside the program: docs and their pictures."""
