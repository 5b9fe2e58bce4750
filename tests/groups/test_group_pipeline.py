"""The pipeline of groups: scores and alerts do not depend on the order and the repetition of members."""

import numpy as np
import pytest

from anomaly_stream.errors import StateError, StateVersionError
from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.outcomes import Output
from anomaly_stream.groups.group_pipeline import GroupStage
from anomaly_stream.groups.instances import Instances
from anomaly_stream.groups.messages import VALUE, decode_values, encode_values, member_number
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import Publish, Series, SeverityBands
from anomaly_stream.model.group import GroupConfig
from tests.groups.streams import NAMES, group, messages, vectors

LATE = 600.0


def stage_of(*configs: GroupConfig) -> GroupStage:
    return GroupStage(compile_groups(configs, SeverityBands()))


def taken(stage: GroupStage, sent: list[tuple[bytes, bytes]], first: int = 0) -> Output:
    return stage.process(records_of(sent, "groups", first))


def test_a_broken_relation_raises_one_explained_alert() -> None:
    stage = stage_of(group(lateness_s=LATE))
    verdicts = taken(stage, messages(vectors(1500, broken_from=1000)))
    events = [alert.body for alert in verdicts.alerts]
    assert [event.status for event in events][:1] == ["firing"]
    fired = events[0]
    assert sum(event.status == "firing" for event in events) == 1
    assert 1000 * 10.0 < fired.timestamp < 1200 * 10.0
    assert (fired.metric, fired.labels) == ("host", {"host": "a"})
    assert fired.group.pairs[0].members == ("cpu", "load")
    assert fired.group.pairs[0].expected > 0.5 > 0.0 > fired.group.pairs[0].seen
    assert sum(abs(member.share) for member in fired.group.members.values()) == pytest.approx(1.0)
    assert "cpu and load" in fired.explanation
    before = round(fired.timestamp / 10.0)
    assert fired.explanation.endswith(f"; by chance rarer than once in the {before:,} vectors before it.")


def test_an_anomaly_has_hysteresis() -> None:
    """On at the threshold, off 12 below it; after a peak the threshold is at least 40 below that peak."""
    values = vectors(1500, broken_from=1000)
    values[1100:] = vectors(400, seed=3)
    values[1300, 1] += 200.0
    stage = stage_of(group(lateness_s=LATE, publish=Publish.ALL))
    found = [score.body for score in taken(stage, messages(values)).scores][400:]
    on, peak, expected = False, 0.0, []
    for record in found:
        peak = max(record.value, peak - 0.15)
        threshold = max(40.0, peak - 40.0)
        on = record.value >= (threshold - 12.0 if on else threshold)
        expected.append("anomaly" if on else "normal")
    assert [record.status for record in found] == expected
    anomalous = [record.value for record in found if record.status == "anomaly"]
    assert min(anomalous) < 40.0 < max(anomalous)


def test_anomalies_count_whether_or_not_they_are_published() -> None:
    sent = messages(vectors(1500, broken_from=1000))
    counted = [
        taken(stage_of(group(lateness_s=LATE, publish=publish)), sent).group_counts.anomalies
        for publish in Publish
    ]
    everything = taken(stage_of(group(lateness_s=LATE, publish=Publish.ALL)), sent).scores
    anomalies = [score.body.severity for score in everything if score.body.status == "anomaly"]
    expected = [anomalies.count(name) for name in ("minor", "moderate", "severe")]
    assert sum(expected) > 10
    assert counted == [expected] * len(Publish)


def test_the_order_of_members_and_repeats_change_nothing() -> None:
    sent = messages(vectors(1300, broken_from=1000))
    plain = taken(stage_of(group(lateness_s=LATE)), sent)
    mixed = [sent[i] for i in np.random.default_rng(1).permutation(5)]
    again = [
        *mixed,
        *[message for pair in zip(sent[5:], sent[2:], strict=False) for message in pair],
        *sent[-3:],
    ]
    found = taken(stage_of(group(lateness_s=LATE)), again)
    assert [alert.body.event_id for alert in found.alerts] == [alert.body.event_id for alert in plain.alerts]


@pytest.mark.parametrize("interval", [10.0, 60.0])
def test_cuts_and_restarts_from_state_change_nothing(interval: float) -> None:
    config = group(interval_s=interval, lateness_s=LATE, publish=Publish.ALL)
    sent = messages(vectors(1200, broken_from=1000), interval=interval, buckets_each=20)
    whole = stage_of(config)
    expected = [score.body for score in taken(whole, sent).scores]
    found = []
    stage = stage_of(config)
    for first in range(0, len(sent), 37):
        found += [score.body for score in taken(stage, sent[first : first + 37], first).scores]
        records = dict(stage.take_dirty())
        stage = stage_of(config)
        assert stage.instances.load(sorted((k, v) for k, v in records.items() if v is not None)) == 1
    assert found == expected
    assert dict(stage.instances.canonical_state()) == dict(whole.instances.canonical_state())


def test_what_is_no_message_is_a_fault_and_the_rest_goes_on() -> None:
    key = Series.of("host", {"host": "a"}).key
    empty = encode_values(np.zeros(0, VALUE))
    verdicts = taken(
        stage_of(group()), [(key, b"x"), (b"{}", encode_values(np.zeros(1, VALUE))), (key, empty)]
    )
    assert [fault.record for fault in verdicts.faults] == [0, 1]
    assert "2 bytes" not in verdicts.faults[0].detail


def test_values_of_unknown_groups_and_members_are_counted() -> None:
    stage = stage_of(group())
    rows = np.zeros(3, VALUE)
    other = Series.of("other", {}).key
    known = Series.of("host", {"host": "a"}).key
    verdicts = taken(stage, [(other, encode_values(rows)), (known, encode_values(rows))])
    assert (verdicts.group_counts.values, verdicts.group_counts.unmatched) == (6, 6)


def test_over_the_limit_new_instances_are_refused_and_reported_once() -> None:
    stage = stage_of(group(max_instances=1))
    sent = [message for host in "abc" for message in messages(vectors(10), host)]
    verdicts = taken(stage, sent)
    assert len(stage.instances) == 1
    assert verdicts.group_counts.refused == 2 * 10 * len(NAMES)
    assert [limit.config_id for limit in verdicts.limits] == ["host"]
    assert taken(stage, sent).limits == []


def test_idle_instances_leave_with_their_state() -> None:
    stage = stage_of(group(series_ttl_s=100.0))
    taken(stage, messages(vectors(10), "a"))
    assert [value is None for _, value in stage.take_dirty()] == [False]
    taken(stage, messages(vectors(100), "b"), 5)
    gone = [key for key, value in stage.take_dirty() if value is None]
    assert gone == [b"\0" + Series.of("host", {"host": "a"}).key]
    assert len(stage.instances) == 1


def test_what_comes_again_behind_a_silence_changes_nothing() -> None:
    stage = stage_of(group(lateness_s=LATE, series_ttl_s=LATE + 20.0))
    first = messages(vectors(100))[: len(NAMES)]
    (latest,) = messages(vectors(1))[:1]
    taken(stage, first)
    values = np.zeros(1, VALUE)
    values["member"], values["time"] = decode_values(latest[1])["member"], 50 * 10.0 + LATE + 25.0
    taken(stage, [(latest[0], encode_values(values))], 50)
    began_anew = dict(stage.instances.canonical_state())
    assert taken(stage, first, 60).group_counts.late == 50 * len(NAMES)
    assert dict(stage.instances.canonical_state()) == began_anew


def test_other_members_restart_and_other_thresholds_do_not() -> None:
    stage = stage_of(group(lateness_s=LATE))
    taken(stage, messages(vectors(100)))
    (before,) = stage.instances.by_key.values()
    learned = before.vectors
    stage.change_plan(compile_groups([group(lateness_s=LATE, sensitivity_score=50.0)], SeverityBands()))
    (kept,) = stage.instances.by_key.values()
    assert kept.vectors == learned > 90
    stage.change_plan(compile_groups([group(lateness_s=LATE, members=group().members[:3])], SeverityBands()))
    (restarted,) = stage.instances.by_key.values()
    assert restarted.vectors == 0
    stage.change_plan(compile_groups([], SeverityBands()))
    assert [value for _, value in stage.take_dirty()] == [None]


def test_a_shape_that_comes_back_brings_nothing_back() -> None:
    first, second = group(lateness_s=LATE), group(lateness_s=2 * LATE)
    before = stage_of(first)
    taken(before, messages(vectors(100)))
    state = dict(before.take_dirty())
    between = stage_of(second)
    between.instances.load(sorted((key, value) for key, value in state.items() if value is not None))
    state |= dict(between.take_dirty())
    after = stage_of(first)
    after.instances.load(sorted((key, value) for key, value in state.items() if value is not None))
    assert [instance.vectors for instance in after.instances.by_key.values()] == [0]


def test_when_a_checkpoint_comes_behind_a_change_of_shape_is_no_matter() -> None:
    first, second = group(lateness_s=LATE), group(lateness_s=2 * LATE)
    sent = messages(vectors(1500, seed=3, broken_from=1000))
    quiet = messages(vectors(1600, seed=3))[len(sent) :]
    stage = stage_of(first)
    assert taken(stage, [*sent, *quiet]).alerts
    state = [(key, value) for key, value in stage.take_dirty() if value is not None]
    live, saved, loaded = stage, stage_of(first), stage_of(second)
    saved.instances.load(state)
    loaded.instances.load(state)
    for held in (live, saved):
        taken(held, quiet[-1:], 2000)  # comes again: changes nothing, but tells the time
        held.change_plan(compile_groups([second], SeverityBands()))
    saved.take_dirty()
    after = messages(vectors(1650, seed=3))[len(sent) + len(quiet) :]
    assert after
    found = []
    for held in (live, saved, loaded):
        taken(held, after, 3000)
        found.append(dict(held.instances.canonical_state()))
    assert found[0] == found[1] == found[2]


def test_a_newer_or_broken_record_is_refused() -> None:
    stage = stage_of(group())
    taken(stage, messages(vectors(20)))
    ((key, record),) = stage.take_dirty()
    assert record is not None
    plan = compile_groups([group()], SeverityBands())
    with pytest.raises(StateVersionError, match="run the release that wrote it"):
        Instances(plan).load([(key, record[:2] + b"\x09" + record[3:])])
    with pytest.raises(StateError, match="checksum"):
        Instances(plan).load([(key, record[:-8] + bytes([record[-8] ^ 1]) + record[-7:])])
    with pytest.raises(StateError, match="not a state record"):
        Instances(plan).load([(key, b"AS" + record[2:])])


def test_bytes_held_are_those_of_the_instances() -> None:
    stage = stage_of(group(lateness_s=LATE), group(id="other", detectors=("t2q",)))
    taken(stage, [message for host in "ab" for message in messages(vectors(10), host)])
    held = stage.instances.by_key.values()
    assert stage.instances.bytes_held == sum(one.words.nbytes + one.alert.nbytes for one in held) > 0


@pytest.mark.parametrize("wild", ["first", "later"])
def test_a_wild_time_of_one_instance_ages_no_other(wild: str) -> None:
    """Nor does it close the buckets of its own instance."""
    stage = stage_of(group(lateness_s=20.0, series_ttl_s=3600.0))
    usual = [*messages(vectors(60), "a", buckets_each=1), *messages(vectors(60), "b", buckets_each=1)]
    rows = np.zeros(1, VALUE)
    rows["member"], rows["time"], rows["value"] = member_number("cpu"), 1e9, 50.0
    odd = (Series.of("host", {"host": "b"}).key, encode_values(rows))
    output = taken(stage, [odd, *usual] if wild == "first" else [*usual, odd])
    assert output.group_counts.ahead + output.group_counts.late <= (1 if wild == "later" else 3 * 6)
    assert output.group_counts.vectors >= 59 + (59 if wild == "later" else 54)
    stage.take_dirty()
    assert len(stage.instances) == 2
