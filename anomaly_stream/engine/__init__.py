"""The engine: configs compiled to a plan, rows of state in a bank, and the one pure step that judges."""
