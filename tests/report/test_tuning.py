"""Which change agrees best with feedback: on alerts written by hand, and by properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly_stream.model.feedback import Feedback, Judgement
from anomaly_stream.report.proportion import wilson
from anomaly_stream.report.trials import RaisedAlert
from anomaly_stream.report.tuning import (
    Assessment,
    LabelledAlert,
    assess,
    best_of,
    labelled_alerts,
    pairs,
)
from anomaly_stream.report.tuning_grid import Change

DAY = 86_400.0


def alert(start: float, end: float | None = None, site: str = "a") -> RaisedAlert:
    return RaisedAlert("flow", (("site", site),), start, start if end is None else end, 5.0, 50.0)


def feedback(started_at: float, judgement: Judgement = "false_alarm", site: str = "a") -> Feedback:
    return Feedback(
        alert_id=f"{site}-{started_at}",
        judgement=judgement,
        note="",
        author="ann",
        given_at_ms=0,
        config_id="flow",
        owner="",
        metric="flow",
        labels={"site": site},
        detector="auto",
        started_at=started_at,
    )


def label(start: float, judgement: Judgement = "false_alarm", site: str = "a") -> LabelledAlert:
    return LabelledAlert(feedback(start, judgement, site), alert(start, start + 10, site))


LABELS = [label(0.0), label(100.0, "true_alarm"), label(200.0), label(300.0, "expected_change")]
IN_FORCE = assess([each.alert for each in LABELS], LABELS, 1.0)


def test_feedback_is_about_the_alert_that_began_then() -> None:
    in_force = [alert(0.0, 50.0), alert(0.0, 50.0, "b"), alert(100.0)]
    said = [feedback(0.0), feedback(0.0, site="c"), feedback(100.0), feedback(60.0)]
    found, rest = labelled_alerts(said, in_force)
    assert [each.alert for each in found] == [in_force[0], in_force[2]]
    assert rest == [said[1], said[3]]


def test_an_alert_is_kept_by_one_of_its_series_that_overlaps_it() -> None:
    found = assess([alert(5.0), alert(111.0), alert(205.0, 400.0), alert(102.0, site="b")], LABELS, 2.0)
    assert found == Assessment(
        true_alarms=0,
        false_alarms=2,
        expected_changes=1,
        precision=0.0,
        lower=0.0,
        upper=wilson(0, 2)[1],
        alerts=4,
        alerts_per_day=2.0,
        kept=(True, False, True, True),
    )


def test_without_alerts_there_is_no_precision_and_within_an_hour_no_rate() -> None:
    found = assess([], LABELS, 0.01)
    assert (found.precision, found.lower, found.upper, found.alerts_per_day) == (None,) * 4
    assert (found.alerts, found.kept) == (0, (False,) * 4)


def tried(*versions: tuple[Change, list[int]]) -> list[tuple[Change, Assessment]]:
    """Changes, each with the numbers of the labels that it keeps."""
    return [
        (change, assess([LABELS[number].alert for number in kept], LABELS, 1.0)) for change, kept in versions
    ]


def test_no_true_alarm_is_lost_unless_precision_is_asked_for() -> None:
    labels = [label(100.0 * n, "true_alarm" if n < 3 else "false_alarm") for n in range(20)]
    in_force = assess([each.alert for each in labels], labels, 1.0)
    one_lost: tuple[Change, Assessment] = (
        {"direction": "above"},
        assess([labels[0].alert, labels[1].alert], labels, 1.0),
    )
    one_gone: tuple[Change, Assessment] = (
        {"alert_threshold": 50.0},
        assess([each.alert for each in labels[:-1]], labels, 1.0),
    )
    assert best_of(in_force, [one_lost, one_gone], "keep-true") == 1
    assert best_of(in_force, [one_lost, one_gone], "precision") == 0


def test_of_equal_changes_the_smaller_one_is_taken() -> None:
    both = {"direction": "above", "alert_threshold": 50.0}
    above, higher = {"direction": "above"}, {"alert_threshold": 50.0}
    versions = tried((both, [1, 2, 3]), (above, [1, 2]), (higher, [1, 2, 3]))
    assert best_of(IN_FORCE, versions, "keep-true") == 2  # one field, and the expected change is kept
    assert best_of(IN_FORCE, tried((above, [0, 1, 2, 3])), "keep-true") is None


def test_pairs_are_of_the_best_changes_of_two_fields() -> None:
    versions = tried(
        ({"alert_threshold": 45.0}, [0, 1, 3]),
        ({"alert_threshold": 50.0}, [1, 3]),
        ({"direction": "above"}, [1, 2]),
        ({"direction": "below"}, [0]),
        ({"seasonality": "daily"}, [0, 1, 2, 3]),
    )
    assert pairs(IN_FORCE, versions, "keep-true") == [{"alert_threshold": 50.0, "direction": "above"}]


spans = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 30), st.sampled_from("ab")), max_size=12).map(
    lambda found: [alert(float(start), float(start + length), site) for start, length, site in found]
)
said = st.lists(st.sampled_from(("true_alarm", "false_alarm", "expected_change")), min_size=12, max_size=12)


@given(spans, said, st.lists(spans, max_size=6))
def test_a_proposal_keeps_what_its_objective_promises(
    in_force: list[RaisedAlert], judgements: list[Judgement], versions: list[list[RaisedAlert]]
) -> None:
    labels = [
        LabelledAlert(feedback(one.start, judgement, dict(one.labels)["site"]), one)
        for one, judgement in zip(in_force, judgements, strict=False)
    ]
    before = assess(in_force, labels, 1.0)
    assert all(before.kept)
    assessed: list[tuple[Change, Assessment]] = [
        ({"alert_threshold": float(number)}, assess(alerts, labels, 1.0))
        for number, alerts in enumerate(versions)
    ]
    for change, after in assessed:
        counted = after.true_alarms + after.false_alarms + after.expected_changes
        assert counted == sum(after.kept), change
        if after.precision is not None:
            assert after.lower is not None
            assert after.upper is not None
            assert after.lower <= after.precision <= after.upper
    chosen = best_of(before, assessed, "keep-true")
    if chosen is None:
        assert all(
            after.true_alarms < before.true_alarms or after.false_alarms >= before.false_alarms
            for _, after in assessed
        )
    else:
        after = assessed[chosen][1]
        assert after.true_alarms == before.true_alarms
        assert after.false_alarms < before.false_alarms
    chosen = best_of(before, assessed, "precision")
    if chosen is not None:
        assert (assessed[chosen][1].lower or 0.0) >= (before.lower or 0.0)


def test_the_interval_holds_the_share() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
