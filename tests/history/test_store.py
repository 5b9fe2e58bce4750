"""What holds for the history in either database."""

import itertools
import json

import msgspec
import pytest
from sqlalchemy import URL, create_engine, text

from anomaly_stream.history.batch import Batch, Record, Row, batch_of
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.history.store import HistoryStore, Move, PositionMovedError
from anomaly_stream.history.wanted import Wanted
from anomaly_stream.model import Series
from anomaly_stream.model.commands import CommandKind, SeriesCommand
from anomaly_stream.model.past_values import PastValue
from anomaly_stream.registry.series_command import encode_command
from tests.history.messages import DAY, NAMES, NOW, alert_event, alerts, config, record, score

EVERYTHING = Wanted()
TABLES = ("alert_events", "alert_values", "alerts", "anomalies", "config_versions", "configs", "feedback")
ALERTS = (NAMES.alerts, 0)


def batch(*records: Record) -> Batch:
    return batch_of(records, NAMES, NOW - 90 * DAY)


def opened(database: URL) -> HistoryStore:
    store = HistoryStore(database)
    store.open()
    return store


def fill(database: URL, *records: Record) -> HistoryStore:
    """A store with these records."""
    store = opened(database)
    store.write(batch(*records), {})
    return store


def counts(database: URL) -> dict[str, int]:
    engine = create_engine(database)
    with engine.connect() as connection:
        found = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in TABLES
        }
    engine.dispose()
    return found


def queries(database: URL) -> HistoryQueries:
    return HistoryQueries(database, timeout_s=10)


def ids(found: list[object]) -> list[str]:
    return [json.loads(each.body).get("alert_id") for each in found]  # type: ignore[attr-defined]


def test_a_repeated_batch_is_stored_once(database: URL) -> None:
    store = opened(database)
    given = batch(
        *alerts(alert_event("a"), alert_event("a", "resolved", NOW + 60)),
        record(NAMES.scores, 0, score()),
        record(NAMES.configs, 0, config(2, past=(1,))),
    )
    wrote = store.write(given, {})
    assert wrote == {
        "alert_events": 2,
        "alert_values": 0,
        "alerts": 1,
        "anomalies": 1,
        "config_versions": 2,
        "configs": 1,
        "feedback": 0,
    }
    again = store.write(given, {})
    assert (again["alert_events"], again["alerts"], again["anomalies"], again["config_versions"]) == (0,) * 4
    assert counts(database) == wrote


def test_a_copy_within_a_batch_is_stored_once(database: URL) -> None:
    fill(database, *alerts(alert_event("a"), alert_event("a")))
    assert counts(database)["alert_events"] == 1


def test_no_alert_fires_before_the_first_record(database: URL) -> None:
    assert HistoryQueries(database, timeout_s=10).firing() == ([], [])


@pytest.mark.parametrize("order", list(itertools.permutations(["firing", "updated", "resolved"])))
def test_an_alert_is_as_its_newest_event_left_it_in_any_order(database: URL, order: tuple[str, ...]) -> None:
    store = opened(database)
    for number, status in enumerate(order):
        store.write(batch(*alerts(alert_event("a", status, NOW + number), first=number)), {})
    (found,) = queries(database).alerts(EVERYTHING, 10)
    assert json.loads(found.body)["status"] == "resolved"


def test_positions_move_with_the_rows_and_only_from_where_they_were(database: URL) -> None:
    first = opened(database)
    first.write(batch(*alerts(alert_event("a"))), {ALERTS: (None, 1)})
    second = HistoryStore(database)
    assert second.open() == {ALERTS: 1}
    second.write(batch(*alerts(alert_event("b"), first=1)), {ALERTS: (1, 2)})
    for moves in ({ALERTS: (1, 2)}, {ALERTS: (None, 2)}):
        with pytest.raises(PositionMovedError):
            first.write(batch(*alerts(alert_event("c"), first=1)), moves)  # type: ignore[arg-type]
    assert counts(database)["alert_events"] == 2
    assert first.open() == {ALERTS: 2}


def test_a_batch_that_fails_moves_nothing(database: URL) -> None:
    store = opened(database)
    broken = batch(*alerts(alert_event("a")))
    broken.alert_events.append({**broken.alert_events[0], "event_id": None})
    moves: dict[tuple[str, int], Move] = {ALERTS: (None, 1)}
    with pytest.raises(Exception, match="cannot be used"):
        store.write(broken, moves)
    assert (store.open(), counts(database)["alert_events"]) == ({}, 0)
    store.write(batch(*alerts(alert_event("a"))), moves)  # what is read again after a crash
    assert (store.open(), counts(database)["alert_events"]) == ({ALERTS: 1}, 1)


def test_characters_that_postgresql_rejects_are_stored(database: URL) -> None:
    odd = alert_event("a", labels={"na\0me": "va\0lue", 'quo"te': "'"}, metric="\0", owner="\ud7ff😀")
    fill(database, *alerts(odd), record(NAMES.scores, 0, score(metric="a\0b")))
    (found,) = queries(database).alerts(Wanted(labels=(('quo"te', "'"),)), 10)
    assert found.body == odd.decode()
    assert queries(database).alerts(Wanted(labels=(('quo"te', None), ("x", None))), 10) == []


def test_rubbish_is_refused_and_the_rest_recorded(database: URL) -> None:
    given = batch(
        *alerts(b"rubbish", alert_event("a"), b"\xff", alert_event("b", metric="m" * 2000)),
        record(NAMES.alerts, 9, None),
        record(NAMES.configs, 0, b"[]"),
        record(NAMES.scores, 0, b"{}"),
    )
    # Of one moment, those without the id of an alert come first.
    assert [refused.offset for refused, _ in given.refused] == [0, 2, 9, 3, 0, 0]
    opened(database).write(given, {})
    assert counts(database)["alerts"] == 1


def test_filters(database: URL) -> None:
    fill(
        database,
        *alerts(
            alert_event("a"),
            alert_event("b", "resolved", NOW + 60, owner="search", severity="minor"),
            alert_event("c", at=NOW + 500, start=NOW + 400, metric="other", config_id="other", labels={}),
        ),
    )
    found = queries(database)

    def of(**wanted: object) -> list[str]:
        return ids(found.alerts(Wanted(**wanted), 10))  # type: ignore[arg-type]

    assert of() == ["c", "b", "a"]
    assert of(readable={"search"}) == ["b"]
    assert of(readable=()) == []
    assert of(readable={"search"}, owner="payments") == []
    assert of(owner="payments") == ["c", "a"]
    assert of(metric="other") == of(config_id="other") == ["c"]
    assert of(severity=("minor",)) == of(status=("resolved",)) == ["b"]
    assert of(labels=(("env", "prod"),)) == of(labels=(("env", None),)) == ["b", "a"]
    assert of(labels=(("env", "dev"),)) == []
    assert of(since=NOW + 100) == ["c", "a"]  # a is open, b was resolved before
    assert of(until=NOW + 400) == ["b", "a"]


def test_anomalies_belong_to_the_present_owner_of_their_config(database: URL) -> None:
    store = fill(
        database,
        record(NAMES.scores, 0, score(NOW)),
        record(NAMES.scores, 1, score(NOW + 1, config_id="gone", severity="minor")),
        record(NAMES.scores, 2, score(NOW + 2, status="normal", severity=None, reason=None)),
        record(NAMES.configs, 0, config(1)),
    )
    found = queries(database)
    assert len(found.anomalies(EVERYTHING, 10)) == 2
    assert len(found.anomalies(Wanted(readable={"payments"}), 10)) == 1
    assert found.anomalies(Wanted(readable={"search"}), 10) == []
    store.write(batch(record(NAMES.configs, 1, config(2, owner="search", past=(1,)))), {})
    store.write(batch(record(NAMES.configs, 2, None, author="ann")), {})
    assert len(found.anomalies(Wanted(readable={"search"}), 10)) == 1
    assert len(found.anomalies(Wanted(owner="payments"), 10)) == 0
    assert len(found.anomalies(Wanted(since=NOW + 1, until=NOW + 2, severity=("minor",)), 10)) == 1


def test_pages_are_stable_while_rows_arrive(database: URL) -> None:
    store = opened(database)
    numbers = range(100, 140)
    events = [alert_event(f"a{n}", at=NOW + n // 3, start=NOW + n // 3) for n in numbers]
    store.write(batch(*alerts(*events)), {})
    expected = [f"a{n}" for n in sorted(numbers, key=lambda n: (n // 3, f"a{n}"), reverse=True)]
    found, after, seen = queries(database), None, []
    for page in range(20):
        rows = found.alerts(EVERYTHING, 7, after)
        if not rows:
            break
        seen += ids(rows)  # type: ignore[arg-type]
        after = rows[-1].key
        new = alert_event(f"n{page}", at=NOW + 1000 + page, start=NOW + 1000 + page)
        changed = alert_event(seen[0], "updated", NOW + 2000, start=NOW + int(seen[0][1:]) // 3)
        store.write(batch(*alerts(new, changed)), {})
    assert seen == expected


def test_the_account_of_an_alert_has_its_events_and_the_config_then_in_force(database: URL) -> None:
    fill(
        database,
        record(NAMES.configs, 0, config(3, at=NOW + DAY, past=(2, 1))),
        *alerts(alert_event("a"), alert_event("a", "resolved", NOW + 60)),
        *alerts(alert_event("b", owner="search", config_id="unknown"), first=2),
    )
    found = queries(database)
    account = found.alert("a", {"payments"})
    assert account is not None
    assert [json.loads(event.body)["status"] for event in account.events] == ["firing", "resolved"]
    assert account.config is not None
    assert (account.config.version, account.config.author, account.config.reason) == (
        2,
        "author-2",
        "reason-2",
    )
    assert found.alert("a", {"search"}) is None
    assert found.alert("c", None) is None
    other = found.alert("b", None)
    assert other is not None
    assert other.config is None


def test_an_old_alert_is_deleted_with_its_last_event(database: URL) -> None:
    old = NOW - 80 * DAY
    store = fill(
        database,
        *alerts(
            alert_event("old", at=old, start=old),
            alert_event("long", at=old, start=old),
            alert_event("long", "updated", NOW, start=old),
            alert_event("new"),
        ),
        record(NAMES.scores, 0, score(old)),
        record(NAMES.scores, 1, score(NOW)),
        record(NAMES.configs, 0, config(1, at=old)),
    )
    store.expire(NOW - 40 * DAY)
    assert counts(database) == {
        "alert_events": 2,
        "alert_values": 0,
        "alerts": 2,
        "anomalies": 1,
        "config_versions": 1,
        "configs": 1,
        "feedback": 0,
    }
    assert ids(queries(database).alerts(EVERYTHING, 10)) == ["new", "long"]  # type: ignore[arg-type]


def test_records_that_are_too_old_are_counted_and_not_stored() -> None:
    given = batch(
        *alerts(alert_event("a", at=NOW - 91 * DAY)), record(NAMES.scores, 0, score(NOW - 91 * DAY))
    )
    assert (given.expired, given.alert_events, given.alerts, given.anomalies) == (2, [], {}, [])


def test_values_of_both_ends_of_an_alert_are_one_list_and_leave_with_the_alert(database: URL) -> None:
    store = opened(database)
    given = batch(*alerts(alert_event("a"), alert_event("a", "updated", NOW + 30)))
    given.alert_values = [values_row("a", "firing", NOW, 0.0, 1.0)]
    store.write(given, {})
    given = batch(*alerts(alert_event("a", "resolved", NOW + 60)))
    given.alert_values = [values_row("a", "resolved", NOW + 60, 1.0, 2.0)]
    for _ in range(2):  # a repeated batch changes nothing
        store.write(given, {})
    account = queries(database).alert("a", None)
    assert account is not None
    assert account.around.values == [PastValue(0.0, 10.0), PastValue(1.0, 11.0), PastValue(2.0, 12.0)]
    store.expire(NOW + 30)
    assert counts(database)["alert_values"] == 1
    store.expire(NOW + DAY)
    assert counts(database)["alert_values"] == 0


def values_row(alert: str, status: str, at: float, *times: float) -> Row:
    points = msgspec.json.encode([PastValue(time, 10.0 + time) for time in times]).decode()
    return {
        "alert_id": alert,
        "event_id": f"{alert}-{status}",
        "timestamp": at,
        "points": points,
        "state": "there",
    }


def test_commands_for_a_series_are_no_configs() -> None:
    command = SeriesCommand(
        kind=CommandKind.RESET,
        config_id="load",
        series=Series.of("load", {"env": "prod"}),
        author="ann",
        issued_at_ms=1,
    )
    key, value = encode_command(command)
    given = batch(record(NAMES.configs, 0, value, key=key), record(NAMES.configs, 1, None, key=key))
    assert (given.refused, given.config_versions, given.configs) == ([], [], {})
