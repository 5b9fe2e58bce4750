import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.kernels.blocks import empty_pool
from anomaly_stream.kernels.row_lists import find, link, unlink
from anomaly_stream.kernels.window import WINDOW, fresh_windows

ROW = np.dtype([*WINDOW, ("series", "i8"), ("config", "i4"), ("next", "i8")], align=True)
SERIES, CONFIGS = 3, 4
PAIRS = st.lists(
    st.tuples(st.integers(0, SERIES - 1), st.integers(0, CONFIGS - 1)), unique=True, min_size=1, max_size=12
)


def lists(rows: np.ndarray, first_row: np.ndarray) -> list[list[int]]:
    """By series, its rows in the order of the list."""
    found = []
    for number in first_row.tolist():
        held = []
        while number >= 0:
            held.append(number)
            number = int(rows[number]["next"])
        found.append(held)
    return found


@settings(max_examples=50, deadline=None)
@given(PAIRS, st.data())
def test_lists_are_those_of_sorted_python_lists(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    rows, first_row, pool = fresh_windows(len(pairs), ROW), np.full(SERIES, -1, np.int64), empty_pool(16)
    series, configs = np.array(pairs, np.int64).T.copy()
    rows["series"], rows["config"] = series, configs
    cut = data.draw(st.integers(0, len(pairs)))
    held: list[list[int]] = [[] for _ in range(SERIES)]
    for numbers in (range(cut), range(cut, len(pairs))):
        before = [len(one) for one in held]
        for number in numbers:
            held[pairs[number][0]] = sorted([*held[pairs[number][0]], number], key=lambda n: pairs[n][1])
        begun, longest = link(rows, first_row, np.array(numbers, np.int64))
        assert begun == sum(not old and bool(new) for old, new in zip(before, held, strict=True))
        assert longest == max((len(held[pairs[number][0]]) for number in numbers), default=0)
        assert lists(rows, first_row) == held
    assert find(rows, first_row, series, configs).tolist() == list(range(len(pairs)))
    gone = data.draw(st.sets(st.sampled_from(range(len(pairs)))))
    left = [[number for number in one if number not in gone] for one in held]
    ended = unlink(rows, first_row, pool, np.array(sorted(gone), np.int64))
    assert ended == sum(bool(old) and not new for old, new in zip(held, left, strict=True))
    assert lists(rows, first_row) == left
    expected = [-1 if number in gone else number for number in range(len(pairs))]
    assert find(rows, first_row, series, configs).tolist() == expected
