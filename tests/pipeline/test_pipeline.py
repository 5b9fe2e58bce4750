"""The output of a pipeline: what each publication is caused by, and in which order they come."""

from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.outcomes import Publication, encode
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import SeverityBands, Transition
from anomaly_stream.model.group import GroupConfig, GroupMember
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.pipeline.warm_up import compile_kernels
from tests.engine.flow import SOURCES, feed, message
from tests.engine.inputs import config, plan_of

TTL = 800.0


def pipeline() -> Pipeline:
    configs = [
        config(name, series_ttl_s=TTL, min_observations=5, resolve_after=3, baseline_period_s=1e5)
        for name in ("a", "b")
    ]
    return Pipeline(plan_of(*configs), SOURCES)


def usual() -> list[bytes]:
    return [message("odd", 10.0 + i % 3, 1000.0 + i) for i in range(30)]


def test_each_publication_names_its_verdict_and_its_record() -> None:
    output = feed(pipeline(), [b"rubbish", *usual(), message("odd", 500.0, 1031.0)])
    assert [fault.record for fault in output.faults] == [0]
    assert output.outcome is not None
    assert output.observations is not None
    assert len(output.scores) == 2 * 31  # both configs publish every observation
    for score in output.scores:
        observation = output.outcome.observation[score.verdict]
        assert output.observations.record[observation] == score.record
        assert output.observations.value[observation] == score.body.value
    assert [(alert.record, alert.body.config_id, alert.body.status) for alert in output.alerts] == [
        (31, "a", "firing"),
        (31, "b", "firing"),
    ]
    for alert in output.alerts:
        assert output.outcome.transition[alert.verdict] == Transition.FIRING


def test_an_alert_that_expires_has_no_verdict_and_comes_before_those_of_its_observation() -> None:
    subject = pipeline()
    other = [message("other", 10.0 + i % 3, 1000.0 + 30 * i) for i in range(30)]
    feed(subject, [*usual(), message("odd", 500.0, 1031.0), *other])
    output = feed(subject, [message("other", 10.0, 1890.0), message("other", 900.0, 1950.0)], 61)
    found = [(alert.record, alert.verdict >= 0, alert.body.status) for alert in output.alerts]
    assert found == [(1, False, "resolved")] * 2 + [(1, True, "firing")] * 2


def test_a_value_is_the_encoded_body() -> None:
    output = feed(pipeline(), [*usual(), message("odd", 500.0, 1031.0)])
    assert output.alerts[0].value == encode(output.alerts[0].body)
    assert output.scores[0].value == encode(output.scores[0].body)
    assert Publication(b"key", b"value", 0).value == b"value"


def test_members_reach_their_group_as_the_same_type_of_output() -> None:
    members = (GroupMember(name="a", metric="flow"), GroupMember(name="b", metric="flow"))
    groups = compile_groups([GroupConfig(id="g", members=members, interval_s=1.0)], SeverityBands())
    subject = Pipeline(plan_of(), SOURCES, groups=groups)
    sent = feed(subject, usual()).members
    assert sent
    output = subject.process_groups(records_of([(each.key, each.value) for each in sent], "groups", 0))
    assert output.group_counts.values > 0
    assert (output.outcome, output.observations, output.faults) == (None, None, [])
    broken = subject.process_groups(records_of([(sent[0].key, b"rubbish")], "groups", 1))
    assert [fault.record for fault in broken.faults] == [0]


def test_members_of_groups_are_not_unmatched() -> None:
    members = (GroupMember(name="a", metric="in"), GroupMember(name="b", metric="also_in"))
    groups = compile_groups([GroupConfig(id="g", members=members, interval_s=1.0)], SeverityBands())
    subject = Pipeline(plan_of(config("own", metric="own")), SOURCES, groups=groups)
    metrics = ["in", "also_in", "own", "nobody", "in", "nobody", "nobody"]
    lines = [
        message("x", 10.0, 1000.0 + at).replace(b'"flow"', b'"' + metric.encode() + b'"')
        for at, metric in enumerate(metrics)
    ]
    output = feed(subject, lines)
    assert output.outcome is not None
    assert output.outcome.counts.unmatched == 3
    assert output.outcome.counts.examples == {"unmatched": 3}
    output = feed(subject, lines[:3], len(lines))
    assert output.outcome is not None
    assert output.outcome.counts.unmatched == 0
    assert "unmatched" not in output.outcome.counts.examples


def test_warming_up_compiles_what_a_pipeline_needs() -> None:
    compile_kernels()
