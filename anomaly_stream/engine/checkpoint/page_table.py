"""The page table of a row: a digest of each page of its detector state as last written, and its current copy.

The table is stored in the row's segment, after its detector state. An entry has one word: 62 bits of the
digest, and 2 bits that name the current copy. The head of a row holds the copies of all
pages, and a checksum over the digests.
"""

from typing import Any

import numpy as np

from anomaly_stream.engine.checkpoint.format import STATE_WORDS, Words
from anomaly_stream.engine.plan.dtypes import LINE
from anomaly_stream.engine.plan.state_layout import PAGE
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.kernels.jit import kernel

NO_COPY, COPY_A, COPY_B = range(3)
COPY_BITS = np.int64(3)
"""This mask of an entry selects the current copy."""
DIGEST = np.int64(0x3FFFFFFFFFFFFFFF)
_PAGES_PER_WORD = 32


@kernel
def pages_of(words: int) -> int:
    """Pages of ``words`` words of detector state."""
    return int((words + PAGE - 1) // PAGE)


@kernel
def page_length(words: int, page: int) -> int:
    """Words of a page; the last one may be shorter."""
    return int(min(PAGE, words - PAGE * page))


@kernel
def table_at(row: Any, config: Any) -> int:
    """The word at which a row's page table begins."""
    return int(row.segment * LINE + config.state_words)


@kernel
def digest(words: Integers, start: int, count: int) -> int:
    """62 bits that identify the content of a page; 0 if and only if it is all zeros."""
    total = np.uint64(0)
    any_set = np.int64(0)
    for i in range(count):
        any_set |= words[start + i]
        word = np.uint64(words[start + i])
        mixed = (word ^ (word >> np.uint64(29))) * (
            np.uint64(0x9E3779B97F4A7C15) + np.uint64(i) * np.uint64(0xD6E8FEB86659FD92)
        )
        total += mixed ^ (mixed >> np.uint64(32))
    found = np.int64(total >> np.uint64(2))
    return int(np.int64(1) if found == 0 and any_set != 0 else found)


@kernel
def table_checksum(words: Integers, table: int, pages: int) -> int:
    """64 bits over the digests of all pages."""
    total = np.uint64(0)
    for page in range(pages):
        held = np.uint64(words[table + page]) >> np.uint64(2)
        mixed = (held ^ (held >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
        total += (mixed ^ (mixed >> np.uint64(29))) * np.uint64(2 * page + 1)
    return int(np.int64(total))


@kernel
def head_state_words(words: int) -> int:
    """Words of a head that describe ``words`` words of detector state."""
    return int(STATE_WORDS + (pages_of(words) + _PAGES_PER_WORD - 1) // _PAGES_PER_WORD)


@kernel
def has_state(row: Any, config: Any) -> bool:
    """Whether the head of a row describes detector state: the row has some, or pages of it were written."""
    return bool(config.state_words > 0 or row.pages > 0)


@kernel
def write_head_state(row: Any, config: Any, words: Integers, out: Words, at: int) -> int:
    """Write the head's description of a row's detector state; returns the word after it."""
    behind = at + head_state_words(config.state_words)
    pages = pages_of(config.state_words)
    table = table_at(row, config)
    out.words[at] = config.state_words | np.int64(row.pages) << 32
    out.words[at + 1] = config.state_digest
    out.words[at + 2] = table_checksum(words, table, pages)
    out.words[at + STATE_WORDS : behind] = 0
    for page in range(pages):
        if words[table + page] >> 2 != 0:
            copy = words[table + page] & COPY_BITS
            out.words[at + STATE_WORDS + page // _PAGES_PER_WORD] |= copy << 2 * (page % _PAGES_PER_WORD)
    return behind


@kernel
def copy_in_head(source: Words, at: int, page: int) -> int:
    """The current copy of a page by the head's description at word ``at``; ``NO_COPY``: the page is zeros."""
    word = source.words[at + STATE_WORDS + page // _PAGES_PER_WORD]
    return int(word >> 2 * (page % _PAGES_PER_WORD) & COPY_BITS)
