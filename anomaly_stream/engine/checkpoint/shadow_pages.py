"""What of a memory a checkpoint writes: the pages that changed, each to the one of its two slots not in use.

A memory is saved by pages of ``PAGE`` words. Behind the words of a row's components stands one more for each
page, its *mark*: 62 bits of a digest of what was last saved of it, and the *side* it was saved to (1 or 2; 0:
it never was). A page whose digest is still that of its mark is not written. One of zeros alone needs no
record.

The head says of each page which side holds it. Since a page goes to the other side than the last head needs,
and heads are written after pages, each row is read back as of one head, the old or the new one, whatever part
of a checkpoint was written. The head carries a checksum over the pages it expects.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.engine.checkpoint.point_encoding import Words
from anomaly_stream.engine.plan.dtypes import LINE, State
from anomaly_stream.engine.plan.state_layout import PAGE
from anomaly_stream.kernels.arrays import Floats, Records
from anomaly_stream.kernels.jit import kernel

"""The memories of a bank."""

PAGE_WORDS = 2
"""Words of a page's record before what it holds."""
MEMORY_WORDS = 3
"""Words of a head's part on its memory, before the sides."""
_SIDES_A_WORD = 32
_SIDE = np.int64(3)


@kernel
def pages_of(words: int) -> int:
    """Pages of a memory of so many words."""
    return int((words + PAGE - 1) // PAGE)


@kernel
def page_length(words: int, page: int) -> int:
    """Words of one of them: the last may be shorter."""
    return int(min(PAGE, words - PAGE * page))


@kernel
def side_words(pages: int) -> int:
    """Words of a head that the sides of so many pages take, two bits each."""
    return int((pages + _SIDES_A_WORD - 1) // _SIDES_A_WORD)


@kernel
def digest(words: NDArray[np.int64], start: int, count: int) -> int:
    """62 bits that tell one content from another; 0 for zeros alone, and for nothing else."""
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
def checksum_of_marks(words: NDArray[np.int64], marks: int, pages: int) -> int:
    """64 bits over the digests of a memory's pages."""
    total = np.uint64(0)
    for page in range(pages):
        held = np.uint64(words[marks + page]) >> np.uint64(2)
        mixed = (held ^ (held >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
        total += (mixed ^ (mixed >> np.uint64(29))) * np.uint64(2 * page + 1)
    return int(np.int64(total))


@kernel
def write_pages(
    state: State,
    floats: Floats,
    configs: Records,
    numbers: NDArray[np.int64],
    out: Words,
    described: NDArray[np.int64],
) -> int:
    """Write the pages of rows that changed since they were last written, and note that in their marks.

    ``described`` takes of each the place of its row in ``numbers``, its slot, and where it ends, in words.
    Returns how many there are.
    """
    memory = floats.view(np.int64)
    at = 0
    written = 0
    for i in range(len(numbers)):
        row = state.rows[numbers[i]]
        words = configs[row.config].memory
        start = row.memory * LINE
        for page in range(pages_of(words)):
            mark = start + words + page
            length = page_length(words, page)
            now = digest(memory, start + PAGE * page, length)
            if now == memory[mark] >> 2 & 0x3FFFFFFFFFFFFFFF:
                continue
            side = memory[mark] & _SIDE
            if now != 0:
                side = np.int64(2) if side == 1 else np.int64(1)
                slot = 2 * page + side - 1
                out.words[at] = 0
                out.words[at + 1] = slot
                out.words[at + PAGE_WORDS : at + PAGE_WORDS + length] = memory[
                    start + PAGE * page : start + PAGE * page + length
                ]
                at += PAGE_WORDS + length
                described[written, 0] = i
                described[written, 1] = slot
                described[written, 2] = at
                written += 1
                row.pages = max(row.pages, page + 1)
            memory[mark] = now << 2 | side
    return written


@kernel
def head_words(words: int, pages: int) -> int:
    """Words of a head's part on a memory of so many words, of which so many pages were ever written."""
    if words == 0 and pages == 0:
        return 0
    return MEMORY_WORDS + side_words(pages_of(words))


@kernel
def write_memory(row: Any, config: Any, floats: Floats, out: Words, at: int) -> int:
    """Write a head's part on the memory of its row; returns the word behind it."""
    behind = at + head_words(config.memory, row.pages)
    if behind == at:
        return behind
    memory = floats.view(np.int64)
    pages = pages_of(config.memory)
    marks = row.memory * LINE + config.memory
    out.words[at] = config.memory | np.int64(row.pages) << 32
    out.words[at + 1] = config.shape
    out.words[at + 2] = checksum_of_marks(memory, marks, pages)
    out.words[at + MEMORY_WORDS : behind] = 0
    for page in range(pages):
        if memory[marks + page] >> 2 != 0:
            side = memory[marks + page] & _SIDE
            out.words[at + MEMORY_WORDS + page // _SIDES_A_WORD] |= side << 2 * (page % _SIDES_A_WORD)
    return behind


@kernel
def side_in_head(source: Words, at: int, page: int) -> int:
    """The side that a head's part on the memory, at word ``at``, names for a page; 0: it is zeros."""
    word = source.words[at + MEMORY_WORDS + page // _SIDES_A_WORD]
    return int(word >> 2 * (page % _SIDES_A_WORD) & _SIDE)


@kernel
def restart_memory(row: Any, config: Any, floats: Floats, source: Words, at: int) -> None:
    """A fresh memory for a row whose saved one, of another layout, is described at word ``at`` of its head.

    It remembers which sides the old head needs, for as long as that may be what a crash goes back to.
    """
    memory = floats.view(np.int64)
    start = row.memory * LINE
    pages = pages_of(config.memory)
    memory[start : start + config.memory + pages] = 0
    row.pages = source.words[at] >> 32 & 0xFFFF
    for page in range(min(pages, pages_of(source.words[at] & 0xFFFFFFFF))):
        memory[start + config.memory + page] = side_in_head(source, at, page)


@kernel
def restore_memory(
    row: Any,
    config: Any,
    floats: Floats,
    source: Words,
    at: int,
    places: NDArray[np.int64],
    lengths: NDArray[np.int64],
    slots: NDArray[np.int64],
) -> bool:
    """Take the memory over that a head describes at word ``at``, from these pages; whether all were there."""
    memory = floats.view(np.int64)
    start = row.memory * LINE
    words = config.memory
    pages = pages_of(words)
    marks = start + words
    memory[start : marks + pages] = 0
    row.pages = source.words[at] >> 32 & 0xFFFF
    for k in range(len(places)):
        page = slots[k] >> 1
        if page >= pages or side_in_head(source, at, page) != (slots[k] & 1) + 1:  # left over from before
            continue
        length = page_length(words, page)
        if lengths[k] != PAGE_WORDS + length or source.words[places[k] + 1] != slots[k]:
            return False
        first = places[k] + PAGE_WORDS
        memory[start + PAGE * page : start + PAGE * page + length] = source.words[first : first + length]
    for page in range(pages):
        held = digest(memory, start + PAGE * page, page_length(words, page))
        memory[marks + page] = held << 2 | side_in_head(source, at, page)
    return bool(checksum_of_marks(memory, marks, pages) == source.words[at + 2])
