"""The layout of a row's state records.

A row is one *head*, a number of *chunks* with points of its window, and a number of *pages* with its detector
state. ``chunks`` and ``shadow_pages`` explain what goes where. Records consist of little-endian words of 8
bytes; word 0 is the envelope of ``formats.state_record``. A serial number has 48 bits.

==========  ===============================================================================
head        holds
==========  ===============================================================================
1           baseline period in seconds (f8)
2           capacity; points in the window (2 u4)
3           stride; position in it (2 u4)
4           turn in the stride (u4); usual step of time in seconds (f4)
5           time of the last observation in seconds (f8)
6 to 8      mean, sum of squared deviations, its maximum (f8)
9           points replaced (u4); bit 0: stale, bit 1: no value was below 0 (u1); flags (u1); number of
            sources (u2)
10          serial number of the oldest point; number of key indices used by chunks so far (u2)
11          points in this record, the newest (u4); checksum of the points in chunks (u4)
12          anomaly streak; values left of an adoption (2 u4)
alert       if flag ``HAS_ALERT`` is set, 14 words: phase, severity, worst severity, values in the mean of
            its level (4 u1), normal observations (u4); anomalies (i8); start, end, peak score, peak value,
            peak deviation, time of the first normal observation, time of the last event (f8);
            recent observations as bits (i8); number of the last event (i8); level before, noise, level (f8)
clock       if flag ``HAS_CLOCK`` is set, 4 words: time before its jump, time after it, last candidate
            (f8); values that agreed since, votes for another (2 u4). Without it, the clock is settled
command     if flag ``HAS_COMMAND`` is set, 1 word: position of the last series command obeyed (i8)
no data     if flag ``HAS_NO_DATA`` is set, 2 words: time of the last value before the alert (f8); events of
            the alert that were published (i8)
known       if flag ``HAS_KNOWN`` is set, 4 words: known deviation above the expected value, since when, in
            seconds; the same below it (f8)
streak      if there is an anomaly streak, 1 word: mean distance of its anomalies (f8)
sources     3 words for each topic of which the row includes an offset: the last offset included
            (i8); generation of the topic (i4); 12 bytes of BLAKE2b of its name
state       if flag ``HAS_STATE`` is set: words, pages written so far (2 u4); digest of the layout
            (i8, 0: no detector state); checksum of the pages (8 bytes); then 2 bits for each page, 32
            pages per word: 1: copy A is current, 2: copy B is current, 0: the page is all zeros
points      times in the encoding given by bits 0 and 1 of the flags, then values; see ``point_encoding``
==========  ===============================================================================

==========  ===============================================================================
chunk       holds
==========  ===============================================================================
1           serial number of its first point; number of points, encoding of times (2 u1)
2 on        points
==========  ===============================================================================

==========  ===============================================================================
page        holds
==========  ===============================================================================
1           ``2 * page + copy``; copy A is 0, copy B is 1
2 on        64 words of detector state; the last page may be shorter
==========  ===============================================================================

An offset is valid only for the topic with that name and generation: a topic that is deleted and created again
has a new generation.
"""

from collections.abc import Sequence
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.arrays import Floats, Integers

(
    HEAD_PERIOD,
    HEAD_CAPACITY,
    HEAD_STRIDE,
    HEAD_TURN,
    HEAD_LAST_TIME,
    HEAD_MEAN,
    HEAD_M2,
    HEAD_M2_LARGEST,
    HEAD_FLAGS,
    HEAD_SERIAL,
    HEAD_POINTS,
    HEAD_STREAK,
    FIXED_WORDS,
) = range(1, 14)
"""The alert of a head begins at word ``FIXED_WORDS``."""
ALERT_WORDS = 14
CLOCK_WORDS = 4
COMMAND_WORDS = 1
NO_DATA_WORDS = 2
KNOWN_WORDS = 4
STREAK_WORDS = 1
MOST_FLAGGED_WORDS = ALERT_WORDS + CLOCK_WORDS + COMMAND_WORDS + NO_DATA_WORDS + KNOWN_WORDS + STREAK_WORDS
"""The parts that not every head has take at most this many words, without the detector state."""
SOURCE_WORDS = 3
STATE_WORDS = 3
"""In a head, this many words describe the detector state before the bits of its pages."""
CHUNK_WORDS = 2
"""The points of a chunk begin at this word."""
PAGE_WORDS = 2
"""The content of a page begins at this word."""

TIME_ENCODING = 3
"""This mask of the flags selects the encoding of the times of the head's points."""
HAS_ALERT = 4
"""Flag: the record has an alert. Without it, the alert equals that of a fresh row."""
HAS_STATE = 8
"""Flag: the record describes detector state. Without it, there is none."""
HAS_CLOCK = 16
"""Flag: the record describes a clock that is in question, or that has candidates."""
HAS_COMMAND = 32
"""Flag: the row has obeyed a series command. Without it, none."""
HAS_NO_DATA = 64
"""Flag: the row has an open alert for ``no_data``."""
HAS_KNOWN = 128
"""Flag: the row has known deviations. Without it, none."""
FLAGS_SHIFT, SOURCES_SHIFT = 40, 48

SERIAL_BITS = 48
SERIAL = np.int64((1 << SERIAL_BITS) - 1)
"""This mask selects a serial number."""
LOW_32 = np.int64(0xFFFFFFFF)

_SOURCE = Struct("<i12s")


class Words(NamedTuple):
    """One buffer of words as arrays of four types."""

    words: Integers
    floats: Floats
    halves: NDArray[np.uint32]
    quarters: NDArray[np.uint16]

    @staticmethod
    def over(words: Integers) -> "Words":
        """The views of a buffer."""
        return Words(words, words.view(np.float64), words.view(np.uint32), words.view(np.uint16))


class Parts(NamedTuple):
    """Chunks or pages in a buffer."""

    at: Integers
    """The word at which each begins."""
    length: Integers
    """In words."""
    number: Integers
    """From its key: the key index of a chunk, ``2 * page + copy`` of a page."""


def source_words(sources: Sequence[tuple[str, int]]) -> Integers:
    """(sources, 2): the two words that identify each topic and its generation in a head."""
    text = b"".join(
        _SOURCE.pack(generation, blake2b(topic.encode(), digest_size=12).digest())
        for topic, generation in sources
    )
    return np.frombuffer(text, np.int64).reshape(len(sources), 2)
