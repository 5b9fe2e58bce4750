"""Incidents in either database."""

import json

from sqlalchemy import URL, text

from anomaly_stream.history import postgresql, sqlite
from anomaly_stream.history.database import open_writer
from anomaly_stream.history.migrate import migrate
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.history.wanted import Key, Wanted
from tests.history.messages import NOW, alert_event, alerts
from tests.history.test_store import batch, fill, ids, queries

HOST_A = [
    alert_event(
        "cpu", at=NOW + 5, start=NOW + 5, incident_id="A", metric="cpu", labels={"host": "a", "n": "1"}
    ),
    alert_event("disk", at=NOW + 9, start=NOW + 3, incident_id="A", metric="disk", labels={"host": "a"}),
    alert_event("net", at=NOW + 7, start=NOW + 7, incident_id="A", severity="minor", labels={"host": "a"}),
]
OTHERS = [
    alert_event("x", "resolved", NOW + 80, start=NOW + 60, incident_id="B", owner="search", severity="minor"),
    alert_event("y", at=NOW + 90, start=NOW + 90),
    alert_event("z", at=NOW + 99, start=NOW + 99, incident_id=None),
]


def of(found: HistoryQueries, **wanted: object) -> list[str]:
    return [row.key[1] for row in found.incidents(Wanted(**wanted), 10)]  # type: ignore[arg-type]


def test_an_incident_is_summed_up_from_its_alerts(database: URL) -> None:
    fill(database, *alerts(*HOST_A, *OTHERS))
    second, first = queries(database).incidents(Wanted(), 10)
    found = json.loads(first.body)
    cause = found.pop("first")
    assert (cause["alert_id"], cause["metric"]) == ("disk", "disk")
    assert found == {
        "incident_id": "A",
        "owner": "payments",
        "status": "firing",
        "severity": "severe",
        "started_at": NOW + 3,
        "timestamp": NOW + 9,
        "alerts": 3,
        "open": 3,
        "configs": ["load"],
        "metrics": ["cpu", "disk", "load"],
        "labels": {"host": "a"},
    }
    assert json.loads(second.body)["status"] == "resolved"


def test_an_incident_is_resolved_with_its_last_alert(database: URL) -> None:
    store = fill(database, *alerts(*HOST_A))
    for number, (name, start) in enumerate((("cpu", 5), ("disk", 3), ("net", 7))):
        found = queries(database).incident("A", None)
        assert found is not None
        assert (found.status, found.open) == ("firing", 3 - number)
        end = alert_event(name, "resolved", NOW + 50, start=NOW + start, incident_id="A", sequence=9)
        store.write(batch(*alerts(end, first=10 + number)), {})
    found = queries(database).incident("A", None)
    assert found is not None
    assert (found.status, found.open, found.timestamp) == ("resolved", 0, NOW + 50)


def test_filters(database: URL) -> None:
    fill(database, *alerts(*HOST_A, *OTHERS))
    found = queries(database)
    assert of(found) == ["B", "A"]
    assert of(found, readable={"search"}) == of(found, owner="search") == ["B"]
    assert of(found, readable={"payments"}, owner="search") == []
    assert of(found, metric="cpu") == of(found, status=("firing",)) == ["A"]
    assert of(found, severity=("minor",)) == ["B", "A"]
    assert of(found, severity=("minor",), metric="cpu") == []  # no alert has both
    assert of(found, labels=(("host", "a"),)) == ["A"]
    assert of(found, since=NOW + 85) == ["A"]  # open
    assert of(found, until=NOW + 60) == ["A"]
    assert of(found, status=("resolved",), since=NOW + 85) == []
    assert ids(found.alerts(Wanted(incident="A"), 10)) == ["net", "cpu", "disk"]  # type: ignore[arg-type]
    assert found.incident("B", {"payments"}) is None
    assert found.incident("C", None) is None


def test_pages(database: URL) -> None:
    starts = {f"i{n}": NOW + n // 3 for n in range(20)}
    fill(
        database,
        *alerts(
            *(
                alert_event(f"{name}-{n}", at=start + n, start=start + n, incident_id=name)
                for name, start in starts.items()
                for n in range(2)
            )
        ),
    )
    found, seen = queries(database), list[str]()
    after: Key | None = None
    while page := found.incidents(Wanted(), 7, after):
        seen += [row.key[1] for row in page]
        after = page[-1].key
    assert seen == sorted(starts, key=lambda name: (starts[name], name), reverse=True)


def test_alerts_of_an_earlier_schema_get_their_incident(database: URL) -> None:
    engine = open_writer(database)
    dialect = sqlite if engine.dialect.name == "sqlite" else postgresql
    body = alert_event("a", incident_id="A", labels={"odd": "\0"}).decode()
    with engine.begin() as connection:
        migrate(connection, "0003")
        dialect.prepare(connection, [NOW])
        for name, message in (("a", body), ("b", alert_event("b").decode())):
            connection.execute(
                text(
                    "INSERT INTO alerts (alert_id, started_at, timestamp, sequence, status, severity,"
                    " config_id, owner, metric, labels, body) VALUES"
                    " (:id, 1, 2, 1, 'firing', 'severe', 'load', 'payments', 'load', '{}', :body)"
                ),
                {"id": name, "body": message},
            )
        migrate(connection)
    engine.dispose()
    found = queries(database).incident("A", {"payments"})
    assert found is not None
    assert found.alerts == 1
    assert of(queries(database)) == ["A"]
