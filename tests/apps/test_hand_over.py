"""Baselines that are handed over while series send values: a worker that is late loses none."""

from collections.abc import Collection, Mapping, Sequence

import pytest

from anomaly_stream.apps.hand_over import APPLIED_S, ROUNDS, HandOver, hand_over
from anomaly_stream.model import Series

A, B = Series.of("flow", {"unit": "a"}), Series.of("flow", {"unit": "b"})
_READ_S, _PUBLISH_S = 0.15, 0.3
"""How long a reading and a publication take on a busy machine."""


class World:
    """Series that send values at fixed moments, and a worker that has each baseline as late as it may."""

    def __init__(self, moments: Mapping[Series, Sequence[float]]) -> None:
        self.now = 0.0
        self.moments = moments
        self.known: dict[Series, float] = {}
        self.given: list[tuple[float, Series, float]] = []
        """When the worker has which baseline, and its end."""

    def read(self) -> Mapping[Series, float]:
        self.known = {one: max(m for m in all_ if m <= self.now) for one, all_ in self.moments.items()}
        self.now += _READ_S
        return self.known

    def publish(self, chosen: Collection[Series]) -> None:
        self.now += _PUBLISH_S
        self.given += [(self.now + APPLIED_S, one, self.known[one]) for one in chosen]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def run(self) -> HandOver:
        return hand_over(self.read, self.publish, lambda: self.now, self.sleep)

    def lost(self, series: Series) -> list[float]:
        """The values that neither a baseline nor the row itself has in the end."""
        taken = end = -1.0
        for moment in self.moments[series]:
            newest = [(e, at) for at, one, e in self.given if one == series and at < moment and e < moment]
            if newest and max(newest)[0] > end:
                end, taken = max(newest)[0], moment
        return [moment for moment in self.moments[series] if end < moment < taken]


def every(step: float, first: float = 0.0, seconds: float = 60.0) -> list[float]:
    return [first + step * n for n in range(int(seconds / step))]


@pytest.mark.parametrize("first", [-1.9, -1.7, -1.3, -1.0, -0.8, -0.4, -0.1, 0.0])
@pytest.mark.parametrize("step", [2.0, 3.0, 60.0])
def test_no_value_of_an_ordinary_series_is_lost(step: float, first: float) -> None:
    world = World({A: every(step, first, 300.0), B: every(step, first - 0.7, 300.0)})
    assert world.run().missed == set()
    assert [world.lost(A), world.lost(B)] == [[], []]
    assert world.now < 10.0


def test_a_series_that_was_handed_over_is_not_published_again() -> None:
    world = World({A: every(2.0), B: every(0.5)})
    world.run()
    assert len([one for _, one, _ in world.given if one == A]) <= 2
    assert len([one for _, one, _ in world.given if one == B]) == ROUNDS


def test_a_series_that_is_never_silent_is_named() -> None:
    world = World({A: every(0.5), B: every(60.0)})
    handed = world.run()
    assert handed.missed == {A}
    assert handed.published.keys() == {A, B}


def test_nothing_to_hand_over() -> None:
    assert World({}).run() == HandOver({}, set())
