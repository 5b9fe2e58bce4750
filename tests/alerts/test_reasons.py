"""Reasons: one name for one finding, and each detector names what it finds."""

from anomaly_stream.alerts.outcome_rows import reason_of
from anomaly_stream.detectors.registry import NAMES, REGISTRY
from anomaly_stream.groups.detectors.registry import REGISTRY as GROUP_REGISTRY
from anomaly_stream.model.reasons import DISTANCE, FLAT_LINE, MEAN_SHIFT, REASONS, WITHDRAWALS


def test_names_are_unique() -> None:
    reasons = (*REASONS, *WITHDRAWALS)
    assert len({reason.name for reason in reasons}) == len(reasons)
    assert len({reason.meaning for reason in reasons}) == len(reasons)


def test_every_detector_names_what_it_finds_and_every_reason_is_found() -> None:
    found = {DISTANCE.name, *(detector.reason.name for detector in GROUP_REGISTRY)}
    for detector in REGISTRY:
        count = len(detector.reasons)
        assert {"pattern": count == 1, "model": count > 1}.get(detector.kind, count == 0), detector.name
        found |= {reason.name for reason in detector.reasons}
    assert found == {reason.name for reason in REASONS}


def test_the_reason_of_a_verdict() -> None:
    assert reason_of(-1, 0) is DISTANCE
    assert reason_of(NAMES.index("cusum"), 0) is reason_of(NAMES.index("ewma"), 0) is MEAN_SHIFT
    assert reason_of(NAMES.index("auto"), 0) is DISTANCE
    flat = [reason_of(NAMES.index("auto"), number) for number in range(5)].index(FLAT_LINE)
    assert reason_of(NAMES.index("flat_line"), 0) is reason_of(NAMES.index("auto"), flat)
