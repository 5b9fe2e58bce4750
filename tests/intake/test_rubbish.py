"""Whatever the bytes, an input is read or refused in one line, and no row is lost without a fault."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.intake.options import IntakeOptions
from anomaly_stream.intake.reader import read_input
from tests.formats.columns import decode

TEXT = "time value metric labels learn 1 1.5 1,5 1e999 -1e400 1700000000 2024-01-31 31.1.2024 1/2/2024 sep="
PIECES = [
    *TEXT.encode().split(),
    *(bytes([byte]) for byte in b',;\t|"\n\r {}[]:\x00\xe9'),
    b'{"time": 1, "v": 2, "metric": "m"}\n',
    b'{"ts": "\\ud800", "\\ud800": 1}\n',
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\x1f\x8b", b"(\xb5/\xfd", b"PAR1", b"BZh", b"PK\x03\x04"),
    b"timestamp,metric,value\n",
    b"1,m,2\n",
    b"0001-01-01T00:00+23:59",
    b"9999-12-31T23:59:59-23:59",
]
OPTIONS = [
    IntakeOptions(),
    IntakeOptions(metric="m"),
    IntakeOptions(wide=True),
    IntakeOptions(metric="m", encoding="utf-16", decimal=","),
    IntakeOptions(metric="m", timestamp_format="%d/%m/%Y", timezone="Pacific/Kiritimati"),
]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=6)), max_size=25),
    st.sampled_from(OPTIONS),
    st.integers(1, 50),
)
def test_rubbish_is_read_or_refused(pieces: list[bytes], options: IntakeOptions, size: int) -> None:
    content = b"".join(pieces)
    blocks = (content[at : at + size] for at in range(0, len(content), size))
    try:
        for block in read_input(blocks, "input", options):
            decode(block.records, SeriesIndex())
    except AnomalyStreamError as error:
        said = str(error)
    else:
        said = "input: read"
    assert said.startswith("input: ")
    assert "\n" not in said


def test_each_row_is_an_observation_or_a_fault() -> None:
    rng = random.Random(3)
    cells = ["1700000000", "2024-01-31 10:00", "", "x", "1.5", "1e999", '"a', '"a"', "nan", "\xe9"]
    for _ in range(200):
        rows = [",".join(rng.choices(cells, k=rng.randint(1, 4))) for _ in range(20)]
        rows = [row if row else "x" for row in rows]
        content = ("time,value,site\n" + "\n".join(rows)).encode(rng.choice(["utf-8", "latin-1"]))
        found, faults = 0, 0
        for block in read_input([content], "input", IntakeOptions(metric="m", decimal=".")):
            columns, undecodable = decode(block.records, SeriesIndex())
            found += len(columns)
            faults += len(undecodable) + len(block.faults)
        assert found + faults == 20
