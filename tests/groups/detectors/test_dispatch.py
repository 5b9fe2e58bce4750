"""A detector's number runs its own module, and no other number runs any."""

from importlib import import_module
from itertools import combinations

import numpy as np
import pytest

from anomaly_stream.groups.detectors import dispatch, instance
from anomaly_stream.groups.detectors.instance_layout import ABSENT, layout_of
from anomaly_stream.groups.detectors.registry import NAMES, REGISTRY, GroupDetector
from tests.groups.detectors.scorer import GroupScorer
from tests.groups.detectors.vectors import everybody, related

VECTORS = related(5, 600)
VECTORS[570:, 1] += 20.0
UNREGISTERED = (-1, len(REGISTRY), 64)


def room(detector: GroupDetector) -> tuple[GroupScorer, np.ndarray, np.ndarray]:
    scorer = GroupScorer(4, (detector.name,), 50)
    return scorer, np.zeros_like(scorer.state), np.zeros_like(scorer.work)


@pytest.mark.parametrize("detector", REGISTRY, ids=lambda one: one.name)
def test_each_number_runs_its_module(detector: GroupDetector) -> None:
    module = import_module(f"{dispatch.__package__}.{detector.name}")
    assert (detector, detector.number) == (module.DETECTOR, module.NUMBER)
    scorer, own, own_work = room(detector)
    at = int(scorer.layout.detector_at[detector.number])
    out = int(scorer.layout.work_at[detector.number])
    most = 0.0
    for vector, present in zip(VECTORS, everybody(VECTORS), strict=True):
        scorer.evaluate(vector, present)
        own[:at], own_work[:out] = scorer.state[:at], scorer.work[:out]
        seen = instance.observation(scorer.state, scorer.layout, vector, present, scorer.time)
        expected = module.evaluate(own, at, seen, own_work, out)
        assert scorer.scores[1 + instance.DETECTOR_COUNT + detector.number] == expected
        assert dispatch.evaluate(detector.number, scorer.state, at, seen, scorer.work, out) == expected
        most = max(most, expected)
        module.learn(own, at, seen, own_work, out)
        scorer.learn(vector, present)
        assert scorer.state[at:].tobytes() == own[at:].tobytes()
    assert own[at:].any()
    assert most > 0.0


def test_detectors_differ() -> None:
    found = {}
    for detector in REGISTRY:
        scorer = GroupScorer(4, (detector.name,), 50)
        scorer.follow(VECTORS, everybody(VECTORS))
        found[detector.name] = scorer.scores[1 + instance.DETECTOR_COUNT + detector.number]
    assert all(found[one] != found[other] for one, other in combinations(NAMES, 2))


def test_any_other_number_gives_nan_and_learns_nothing() -> None:
    scorer, present = GroupScorer(4, NAMES, 50), np.ones(4, np.bool_)
    scorer.follow(VECTORS, everybody(VECTORS))
    seen = instance.observation(scorer.state, scorer.layout, VECTORS[0], present, scorer.time)
    before = scorer.state.tobytes()
    for number in UNREGISTERED:
        assert np.isnan(dispatch.evaluate(number, scorer.state, 0, seen, scorer.work, 0))
        dispatch.learn(number, scorer.state, 0, seen, scorer.work, 0)
    assert scorer.state.tobytes() == before


def test_the_parts_of_a_layout_do_not_overlap() -> None:
    for count in range(1, len(NAMES) + 1):
        for names in combinations(NAMES, count):
            layout = layout_of(names, 5, 50.0)
            used = [one for one in REGISTRY if one.name in names]
            at, out = layout.members_at, layout.size
            if layout.pairs_at != ABSENT:
                at = int(layout.detector_at[used[0].number])
                assert at > layout.pairs_at > layout.members_at
            for one in used:
                assert (layout.detector_at[one.number], layout.work_at[one.number]) == (at, out)
                at, out = at + one.words(5), out + one.work_words(5)
            assert (layout.words, layout.work_words) == (at, out)
            assert sum(layout.detector_at != ABSENT) == count
