from benchmarks.auto import MOST_BYTES, measure
from benchmarks.measurement import Task


def test_the_cost_of_auto_is_measured_after_the_warm_up() -> None:
    found = measure(Task(bootstrap="", topic="", group="", series=20, warm_up=1000, observations=400))
    assert found.observations >= 400
    size, _, pages = found.remark.partition(" bytes per series; a value changes ")
    assert 1000 < int(size.replace(",", "")) <= MOST_BYTES
    assert 0.0 < float(pages.partition(" of ")[0]) <= float(pages.split()[2])
