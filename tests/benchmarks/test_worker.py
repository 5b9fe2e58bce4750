import pytest

from benchmarks.processes import ContenderError
from benchmarks.worker import Sample, steady_part


def samples(*counts: tuple[int, int]) -> list[Sample]:
    """One sample per second, with half a second of CPU time each; (observations, checkpoints)."""
    return [
        Sample(float(i), i / 2, observations, observations, checkpoints)
        for i, (observations, checkpoints) in enumerate(counts)
    ]


def test_the_steady_part_runs_from_checkpoint_to_checkpoint_with_full_windows() -> None:
    measured = steady_part(
        samples((0, 0), (50, 1), (100, 1), (150, 2), (200, 2), (250, 3), (300, 3)), warm_up=100
    )

    assert (measured.observations, measured.seconds, measured.cpu_seconds) == (100, 2.0, 1.0)
    assert measured.remark == "1 checkpoint in 2 s"


def test_without_two_checkpoints_it_is_all_after_the_warm_up() -> None:
    measured = steady_part(samples((0, 0), (100, 0), (200, 1), (300, 1)), warm_up=50)

    assert (measured.observations, measured.seconds) == (200, 2.0)
    assert measured.remark == "1 checkpoint in 2 s"


def test_nothing_after_the_warm_up_is_an_error() -> None:
    with pytest.raises(ContenderError, match="too few"):
        steady_part(samples((0, 0), (100, 0)), warm_up=100)
    with pytest.raises(ContenderError, match="too few"):
        steady_part(samples((0, 0)), warm_up=100)


def test_observations_that_were_not_scored_are_an_error() -> None:
    taken = samples((100, 0), (200, 0))
    taken[1] = Sample(1.0, 0.5, observations=200, scored=199, checkpoints=0)

    with pytest.raises(ContenderError, match="not every"):
        steady_part(taken, warm_up=50)
