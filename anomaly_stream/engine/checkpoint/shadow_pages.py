"""Shadow paging of detector state: a page that changed is written to the copy that is not in use.

Detector state is written in pages of ``PAGE`` words, and each page has two copies, A and B, with a key each.
A page is written only if its digest differs from the one in the page table. A page of zeros needs no record.

The head names the current copy of each page, and is written after the pages. A changed page is written to the
copy that the last head does not name. So each row can be restored to one head, the old or the new one,
whichever part of a checkpoint was written. The head has a checksum over the pages that it expects.
"""

from typing import Any

import numpy as np

from anomaly_stream.engine.checkpoint.format import LOW_32, PAGE_WORDS, Parts, Words
from anomaly_stream.engine.checkpoint.page_table import (
    COPY_A,
    COPY_B,
    COPY_BITS,
    DIGEST,
    copy_in_head,
    digest,
    page_length,
    pages_of,
    table_at,
    table_checksum,
)
from anomaly_stream.engine.plan.dtypes import LINE
from anomaly_stream.engine.plan.state_layout import PAGE
from anomaly_stream.kernels.arrays import Floats, Integers, Records
from anomaly_stream.kernels.jit import kernel


@kernel
def write_pages(
    rows: Records,
    detector_state: Floats,
    configs: Records,
    numbers: Integers,
    out: Words,
    written: Integers,
) -> int:
    """Write the changed pages of rows ``numbers``, and update their page tables.

    ``written`` (pages, 3) receives for each page the index of its row in ``numbers``, ``2 * page + copy``,
    and the word after it. Returns how many pages were written.
    """
    words = detector_state.view(np.int64)
    at = 0
    count = 0
    for i in range(len(numbers)):
        row = rows[numbers[i]]
        config = configs[row.config]
        table = table_at(row, config)
        for page in range(pages_of(config.state_words)):
            begin = row.segment * LINE + PAGE * page
            length = page_length(config.state_words, page)
            now = digest(words, begin, length)
            if now == words[table + page] >> 2 & DIGEST:
                continue
            copy = words[table + page] & COPY_BITS
            if now != 0:
                copy = np.int64(COPY_B) if copy == COPY_A else np.int64(COPY_A)
                page_copy = 2 * page + copy - COPY_A
                out.words[at] = 0
                out.words[at + 1] = page_copy
                out.words[at + PAGE_WORDS : at + PAGE_WORDS + length] = words[begin : begin + length]
                at += PAGE_WORDS + length
                written[count, 0] = i
                written[count, 1] = page_copy
                written[count, 2] = at
                count += 1
                row.pages = max(row.pages, page + 1)
            words[table + page] = now << 2 | copy
    return count


@kernel
def restart_pages(row: Any, config: Any, detector_state: Floats, source: Words, at: int) -> None:
    """Clear a row's detector state, because the head at word ``at`` describes a state of another layout.

    The page table keeps the copies that the old head names: a crash may return to that head. Those of pages
    that this layout does not have are forgotten, so a head must be written before the layout changes again.
    """
    words = detector_state.view(np.int64)
    table = table_at(row, config)
    pages = pages_of(config.state_words)
    words[row.segment * LINE : table + pages] = 0
    row.pages = source.words[at] >> 32 & 0xFFFF
    for page in range(min(pages, pages_of(source.words[at] & LOW_32))):
        words[table + page] = copy_in_head(source, at, page)


@kernel
def read_pages(row: Any, config: Any, detector_state: Floats, source: Words, at: int, parts: Parts) -> bool:
    """Read the detector state that the head describes at word ``at``; False if a page is missing or wrong.

    Copies that the head does not name are ignored.
    """
    if source.words[at] & LOW_32 != config.state_words:
        return False
    words = detector_state.view(np.int64)
    start = row.segment * LINE
    table = table_at(row, config)
    pages = pages_of(config.state_words)
    words[start : table + pages] = 0
    row.pages = source.words[at] >> 32 & 0xFFFF
    for k in range(len(parts.at)):
        page = parts.number[k] >> 1
        if page >= pages or copy_in_head(source, at, page) != (parts.number[k] & 1) + COPY_A:
            continue
        length = page_length(config.state_words, page)
        if parts.length[k] != PAGE_WORDS + length or source.words[parts.at[k] + 1] != parts.number[k]:
            return False
        first = parts.at[k] + PAGE_WORDS
        words[start + PAGE * page : start + PAGE * page + length] = source.words[first : first + length]
    for page in range(pages):
        held = digest(words, start + PAGE * page, page_length(config.state_words, page))
        words[table + page] = held << 2 | copy_in_head(source, at, page)
    return bool(table_checksum(words, table, pages) == source.words[at + 2])
