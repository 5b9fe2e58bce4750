import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.kernels.grouping import grouped_order


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), max_size=100))
def test_it_is_the_stable_sort(numbers: list[int]) -> None:
    series = np.array(numbers, np.int64)
    assert grouped_order(series, 21).tolist() == np.argsort(series, kind="stable").tolist()
