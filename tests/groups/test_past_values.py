"""The values of a group's members before an event, from the records that the pipeline judged."""

import msgspec
import numpy as np

from anomaly_stream.formats.lines import records_of
from anomaly_stream.groups.messages import VALUE, encode_values, member_number
from anomaly_stream.groups.past_values import MOST_MEMBERS, GroupPastValues
from anomaly_stream.model import AlertEvent, Series, Source
from anomaly_stream.model.evidence import GroupEvidence, MemberEvidence
from anomaly_stream.model.past_values import PastValue
from tests.groups.streams import NAMES, group, messages, vectors
from tests.groups.test_group_pipeline import LATE, stage_of, taken

VALUES = vectors(1500, broken_from=1000)


def events(sent: list[tuple[bytes, bytes]]) -> list[AlertEvent]:
    return [alert.body for alert in taken(stage_of(group(lateness_s=LATE)), sent).alerts]


def test_each_member_ends_with_the_value_that_was_judged() -> None:
    sent = messages(VALUES)
    fired = events(sent)[0]
    found = GroupPastValues([records_of(sent, "groups", 0)]).before(fired, fired, 60)
    assert found is not None
    shares = {name: abs(member.share) for name, member in fired.group.members.items()}
    assert [member.name for member in found.members] == sorted(shares, key=shares.__getitem__, reverse=True)
    assert found.others == []
    row = round(fired.timestamp / 10.0)
    for member in found.members:
        number = NAMES.index(member.name)
        assert member.values[-1] == PastValue(10.0 * row + number, fired.group.members[member.name].value)
        assert [each.value for each in member.values] == VALUES[row - 59 : row + 1, number].tolist()


def test_copies_and_other_instances_and_rubbish_change_nothing() -> None:
    sent = messages(VALUES)
    fired = events(sent)[0]
    plain = GroupPastValues([records_of(sent, "groups", 0)]).before(fired, fired, 60)
    mixed = [*sent, *sent[-10:], *messages(VALUES + 1.0, host="b"), (b"x", b"rubbish")]
    assert fired.source is not None
    shifted = Source("groups", 0, len(mixed) + fired.source.offset)
    later = msgspec.structs.replace(fired, source=shifted)
    records = records_of([*mixed, *sent], "groups", 0)
    assert GroupPastValues([records]).before(later, fired, 60) == plain


def test_members_are_those_with_the_largest_shares_when_the_alert_opened_and_others_are_named() -> None:
    names = [f"m{n}" for n in range(8)]
    shares = [0.01, -0.4, 0.02, 0.2, 0.03, 0.3, 0.04, 0.0]
    key, rows = Series.of("g").key, np.zeros(8, VALUE)
    rows["member"], rows["time"], rows["value"] = [member_number(name) for name in names], 10.0, range(8)
    fired = msgspec.structs.replace(
        events(messages(VALUES))[0],
        timestamp=10.0,
        group=GroupEvidence(
            {
                name: MemberEvidence(float(n), None, share)
                for n, (name, share) in enumerate(zip(names, shares, strict=True))
            },
            [],
        ),
        source=Source("groups", 0, 0),
    )
    quiet = {name: MemberEvidence(float(n), None, 0.0) for n, name in enumerate(names)}
    resolved = msgspec.structs.replace(fired, group=GroupEvidence(quiet, []))
    found = GroupPastValues([records_of([(key, encode_values(rows))], "groups", 0)])
    for event in (fired, resolved):
        values = found.before(event, fired, 60)
        assert values is not None
        assert len(values.members) == MOST_MEMBERS
        assert [member.name for member in values.members] == ["m1", "m5", "m3", "m6", "m4"]
        assert [member.values[0].value for member in values.members] == [1.0, 5.0, 3.0, 6.0, 4.0]
        assert values.others == ["m0", "m2", "m7"]


def test_a_record_that_is_gone_and_an_event_of_a_series_have_no_values() -> None:
    sent = messages(VALUES)
    fired = events(sent)[0]
    records = GroupPastValues([records_of(sent, "groups", 0)])
    without = msgspec.structs.replace(fired, group=msgspec.UNSET)
    assert records.before(without, fired, 60) is None
    assert records.before(msgspec.structs.replace(fired, source=None), fired, 60) is None
    assert GroupPastValues([]).before(fired, fired, 60) is None
