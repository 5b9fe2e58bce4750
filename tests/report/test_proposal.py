"""A proposal from observations: spikes of two sizes, of which people wanted to know one."""

import json
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
import pytest

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.model import AnomalyDetectionConfig, SeverityBands
from anomaly_stream.model.feedback import Feedback, Judgement
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.report.proposal import Proposal, propose
from anomaly_stream.report.trials import RaisedAlert, Trials
from tests.docs.test_examples import CONTEXT
from tests.report.build import records_of_observations, run_of
from tests.report.test_tuning import feedback

DOCUMENT = {"id": "flow", "metric": "flow", "detectors": ["zscore"], "resolve_after": 2}
SMALL, LARGE = 40.0, 400.0
STEP = 60.0


def observations(count: int = 900) -> list[dict[str, object]]:
    """A small spike every 100 values, and a large one 50 values after it."""

    def value(n: int) -> float:
        spike = {0: SMALL, 50: LARGE}.get(n % 100, 0.0) if n >= 100 else 0.0
        return 100.0 + (n * 7919 % 13) / 2 + spike

    return [
        {"metric": "flow", "labels": {"site": "a"}, "timestamp": STEP * n, "value": value(n)}
        for n in range(count)
    ]


def _time(document: dict[str, object]) -> float:
    return float(str(document["timestamp"]))


def proposed(said: Sequence[Feedback], documents: Sequence[dict[str, object]]) -> Proposal:
    def replay() -> Iterator[InputBlock]:
        for first in range(0, len(documents), 250):
            yield InputBlock(records_of_observations(documents[first : first + 250]))

    config = parse_config(DOCUMENT, CONTEXT)
    new_trials = partial(Trials, bands=SeverityBands())
    return propose(config, DOCUMENT, said, replay, new_trials, CONTEXT, "keep-true")


def raised() -> list[RaisedAlert]:
    config = parse_config(DOCUMENT, CONTEXT)
    assert isinstance(config, AnomalyDetectionConfig)
    trials = Trials([config], SeverityBands())
    trials.judge(InputBlock(records_of_observations(observations())))
    return trials.alerts()[0]


def said_of(alerts: Sequence[RaisedAlert]) -> list[Feedback]:
    """People want to know of large spikes."""

    def judgement(one: RaisedAlert) -> Judgement:
        return "true_alarm" if one.deviation > 2 * SMALL else "false_alarm"

    return [feedback(one.start, judgement(one)) for one in alerts]


def test_the_alerts_of_a_trial_are_those_of_an_offline_run() -> None:
    _, tracks = run_of(json.dumps(DOCUMENT), observations())
    expected = [(alert.start, alert.end) for alert in tracks[0].alerts]
    assert [(alert.start, alert.end) for alert in raised()] == expected
    assert len(expected) >= 6


def test_the_false_alarms_go_and_the_true_ones_stay() -> None:
    said = said_of(raised())
    found = proposed(said, observations())
    true = sum(one.judgement == "true_alarm" for one in said)
    assert 0 < true < len(said)
    assert (found.in_force.true_alarms, found.in_force.false_alarms) == (true, len(said) - true)
    assert found.proposed is not None
    assert (found.proposed.true_alarms, found.proposed.false_alarms) == (true, 0)
    assert found.proposed.precision == 1.0
    assert found.change is not None
    assert found.document == {**DOCUMENT, **found.change}
    assert [one.kept for one in found.alerts] == [one.judgement == "true_alarm" for one in found.alerts]
    assert found.tried > 10


def test_nothing_is_proposed_if_all_alerts_were_right() -> None:
    said = [feedback(one.start, "true_alarm") for one in raised()]
    found = proposed([*said, feedback(-5.0)], observations())
    assert (found.change, found.document, found.proposed, found.tried) == (None, None, None, 0)
    assert (found.in_force.precision, found.not_raised) == (1.0, 1)


def test_feedback_on_alerts_that_are_not_on_values_changes_no_proposal() -> None:
    first, *rest = said_of(raised())
    no_data = msgspec.structs.replace(first, condition="no_data")
    overflow = msgspec.structs.replace(rest[0], condition="overflow")
    assert proposed([no_data, overflow, *rest[1:]], observations()) == proposed(rest[1:], observations())
    with pytest.raises(AnomalyStreamError, match="nobody has said of an alert on values"):
        proposed([no_data, overflow], observations())


def test_alerts_on_missing_values_are_no_alerts_of_a_trial() -> None:
    config = parse_config(DOCUMENT, CONTEXT)
    asking = parse_config({**DOCUMENT, "no_data": "auto"}, CONTEXT)
    assert isinstance(config, AnomalyDetectionConfig)
    assert isinstance(asking, AnomalyDetectionConfig)
    silent = [{**one, "labels": {"site": "b"}} for one in observations(40)]
    trials = Trials([config, asking], SeverityBands())
    trials.judge(InputBlock(records_of_observations(sorted([*observations(), *silent], key=_time))))
    without, found = trials.alerts()
    assert found == without
    assert found


def test_without_labels_it_says_what_to_do() -> None:
    with pytest.raises(AnomalyStreamError, match="alerts feedback ALERT_ID false_alarm"):
        proposed([], observations())
    with pytest.raises(AnomalyStreamError, match=r"none of its 1 labelled alert in these.*earlier time"):
        proposed([feedback(-5.0)], observations())
    with pytest.raises(AnomalyStreamError, match="no observation"):
        proposed([feedback(1.0)], [])


def test_groups_cannot_be_tuned() -> None:
    group = parse_config({"id": "g", "members": {"a": "x", "b": "y"}}, CONTEXT)
    with pytest.raises(AnomalyStreamError, match="g is a group"):
        propose(group, {}, [], list, partial(Trials, bands=SeverityBands()), CONTEXT, "keep-true")


def test_only_observations_of_the_config_count() -> None:
    others = [{**one, "metric": "other", "timestamp": _time(one) * 3} for one in observations(700)]
    said = said_of(raised())
    alone = proposed(said, observations())
    among = proposed(said, sorted([*observations(), *others], key=_time))
    assert (among.observations, among.days) == (900, 899 * STEP / 86400.0)
    assert msgspec.structs.asdict(among) == msgspec.structs.asdict(alone)
    with pytest.raises(AnomalyStreamError) as caught:
        proposed(said, others)
    assert str(caught.value) == (
        "there is no observation of config flow to replay (700 observations of other series, "
        "0 faulty records): read them from an earlier time"
    )
