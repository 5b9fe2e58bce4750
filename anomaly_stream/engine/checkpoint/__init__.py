"""Conversion of rows of the bank to state records and back.

Read ``format`` first: the layout of the records. Keys and envelope, which series and groups share, are in
``formats.state_keys`` and ``formats.state_record``.

From the bank to the changelog, ``encode.encode_rows``:

1. ``chunks.split_points``: which points of each window go into chunks, and which into the head;
2. ``chunks.write_chunks`` and ``shadow_pages.write_pages``: the parts that changed;
3. ``chunks.mark_written``, then ``head_writer.write_heads``: the heads, which refer to these parts;
4. ``state_record.seal_words``: envelopes.

From the changelog to the bank, ``load.load_rows``:

1. ``row_batches.row_batches``: records are checked, and grouped by row;
2. ``load`` finds or adds the row of each head;
3. ``restore.restore_rows``: ``head_reader``, then ``chunks.read_chunks``, then ``shadow_pages.read_pages``.

Both directions share ``point_encoding`` (points as words) and ``page_table`` (the current copy of each page).
"""
