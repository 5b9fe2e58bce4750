"""Verdicts on a file, as people look at them: a page of charts, and the explanation of one value."""
