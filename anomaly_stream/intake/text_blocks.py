"""Raw bytes of a file as blocks of UTF-8 with line feeds: decompressed, transcoded, without a BOM."""

import bz2
import codecs
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import cramjam

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.option_spelling import COMMAND_LINE, OptionSpelling

_STREAMS: tuple[tuple[bytes, str, Callable[[], Any]], ...] = (
    (b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(31)),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", lzma.LZMADecompressor),
)
_ZSTD = b"\x28\xb5\x2f\xfd"
_ARCHIVES = {
    b"PK\x03\x04": "is a zip archive or a spreadsheet: unpack it, or export the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "is a spreadsheet in an old format: export the sheet as CSV",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def with_head(blocks: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """The first ``size`` bytes, or fewer if there are no more, and all blocks again."""
    rest = iter(blocks)
    head = b""
    for block in rest:
        head += block
        if len(head) >= size:
            break
    return head[:size], chain([head] if head else [], rest)


def decompressed(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The blocks of a gzip, bzip2, xz or zstd file unpacked (known by its first bytes), others unchanged.

    Raises AnomalyStreamError for a damaged file, and for an archive or a spreadsheet. A zstd file is read as
    a whole.
    """
    head, blocks = with_head(blocks, 6)
    for magic, message in _ARCHIVES.items():
        if head.startswith(magic):
            raise AnomalyStreamError(f"{name}: {message}")
    if head.startswith(_ZSTD):
        yield from _unpacked_once([_unpacked_zstd(b"".join(blocks), name)], name)
        return
    for magic, kind, start in _STREAMS:
        if head.startswith(magic):
            yield from _unpacked_once(_unpacked(blocks, name, kind, start), name)
            return
    yield from blocks


def _unpacked_once(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The blocks, unless they are compressed once more."""
    head, blocks = with_head(blocks, 6)
    if any(head.startswith(magic) for magic in (_ZSTD, *(magic for magic, _, _ in _STREAMS))):
        raise AnomalyStreamError(f"{name}: is compressed twice: unpack it once")
    yield from blocks


def _unpacked_zstd(packed: bytes, name: str) -> bytes:
    try:
        return bytes(cramjam.zstd.decompress(packed))
    except cramjam.DecompressionError as error:
        raise AnomalyStreamError(f"{name}: is a damaged zstd file: {error}") from None


def _unpacked(blocks: Iterable[bytes], name: str, kind: str, start: Callable[[], Any]) -> Iterator[bytes]:
    stream = start()
    try:
        for block in blocks:
            rest = block
            while rest:
                if stream.eof:
                    stream = start()
                yield stream.decompress(rest)
                rest = stream.unused_data if stream.eof else b""
    except (OSError, zlib.error, lzma.LZMAError) as error:
        raise AnomalyStreamError(f"{name}: is a damaged {kind} file: {error}") from None
    if not stream.eof:
        raise AnomalyStreamError(f"{name}: is a {kind} file without its end: copy it again")


def text_blocks(
    blocks: Iterable[bytes], name: str, encoding: str | None = None, spelling: OptionSpelling = COMMAND_LINE
) -> Iterator[bytes]:
    """Text in any encoding as UTF-8. Without ``encoding`` it is UTF-8, or UTF-16 if it begins like it.

    A carriage return ends a line if the text has no line feed near its beginning, as in files of old Macs.
    Raises AnomalyStreamError for bytes that a text in ``encoding`` cannot contain, and for an unknown
    encoding. Invalid UTF-8 passes, because then only the lines that hold it are faulty.
    """
    head, blocks = with_head(blocks, 4)
    codec = encoding or _guessed(head)
    if _is_utf8(codec, name):
        first, blocks = with_head(blocks, len(codecs.BOM_UTF8))
        if first == codecs.BOM_UTF8:
            blocks = chain([next(blocks)[len(first) :]], blocks)
    else:
        blocks = _transcoded(blocks, name, codec, spelling)
    yield from _with_line_feeds(blocks)


def _guessed(head: bytes) -> str:
    for bom, codec in _BOMS:
        if head.startswith(bom):
            return codec
    if len(head) > 1 and head[1] == 0 != head[0]:
        return "utf-16-le"
    return "utf-16-be" if len(head) > 1 and head[0] == 0 != head[1] else "utf-8"


def _is_utf8(codec: str, name: str) -> bool:
    try:
        "".encode(codec)  # of the codecs, only those of text
        return codecs.lookup(codec).name in ("utf-8", "utf-8-sig", "ascii")
    except (LookupError, ValueError):
        raise AnomalyStreamError(
            f"{name}: there is no encoding {codec!r}: common ones are utf-8, utf-16, latin-1 and cp1252"
        ) from None


def _transcoded(blocks: Iterable[bytes], name: str, codec: str, spelling: OptionSpelling) -> Iterator[bytes]:
    try:
        decoder = codecs.getincrementaldecoder(codec)()
        first = True
        for block in chain(blocks, [b""]):
            text = decoder.decode(block, final=not block)
            if text:
                yield (text.lstrip("\ufeff") if first else text).encode()
                first = False
    except UnicodeError as error:
        raise AnomalyStreamError(
            f"{name}: is not {codec}: {error}; name its encoding with {spelling.name('encoding')}"
        ) from None


def _with_line_feeds(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(blocks)
    head = b""
    for block in rest:
        head += block
        if b"\n" in head or b"\r" in head[:-1]:
            break
    blocks = chain([head] if head else [], rest)
    if b"\r" in head and b"\n" not in head:
        blocks = (block.replace(b"\r", b"\n") for block in blocks)
    yield from blocks
