import numpy as np

from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import Series


def test_numbers_are_dense_and_stay() -> None:
    index = SeriesIndex()
    names = [Series.of("m", {"k": str(i)}) for i in range(100)]
    assert [index.add(name) for name in names] == list(range(100))
    assert [index.add(name) for name in reversed(names)] == list(reversed(range(100)))
    assert len(index) == 100
    assert index.series == names


def test_forgotten_numbers_are_reused_and_reported() -> None:
    index = SeriesIndex()
    heard: list[list[int]] = []
    index.on_forget(lambda numbers: heard.append(numbers.tolist()))
    a, b, c = (Series.of("m", {"k": name}) for name in "abc")
    index.add(a)
    index.add(b)
    index.forget(np.array([0]))
    assert heard == [[0]]
    assert index.is_known(np.array([0, 1])).tolist() == [False, True]
    assert (index.add(c), index.add(a), len(index)) == (0, 2, 3)
    assert index.take_given() == [0, 1, 0, 2]
