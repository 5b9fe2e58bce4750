"""The bank: one row of state for each series under each config that matches it.

Reading order:

- ``rows``, ``arena``: the arrays. ``bank.Bank`` holds them, and adds, frees and finds rows.
- ``series_directory``: series by number; ``admission``, ``budget``: which series get rows.
- ``source_clocks``: how far a partition has come. ``no_data``: which series are silent.
- ``expiry``: when idle rows are removed. ``membership``: admission and expiry during one batch.
- ``migration``: what happens to rows when configs change.
- ``footprint``, ``tombstones``: which records of a row are in the changelog, and when they are deleted.
"""
