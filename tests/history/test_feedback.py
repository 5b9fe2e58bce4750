"""Feedback in either database: the newest counts, it outlives its alert, and similar alerts carry theirs."""

import json

from sqlalchemy import URL

from anomaly_stream.history.store import HistoryStore
from anomaly_stream.history.wanted import Wanted
from tests.history.messages import DAY, NAMES, NOW, alert_event, alerts, feedback, record
from tests.history.test_store import batch, counts, fill, queries


def say(store: HistoryStore, *values: bytes) -> None:
    store.write(batch(*(record(NAMES.feedback, number, value) for number, value in enumerate(values))), {})


def test_the_newest_feedback_of_the_topic_counts(database: URL) -> None:
    store = fill(database, *alerts(alert_event("a")))
    say(store, feedback("a", "false_alarm", given_at_ms=2), feedback("a", "true_alarm", given_at_ms=3))
    say(store, feedback("a", "expected_change", note="a\0b", author="bob", given_at_ms=1))  # a slow clock
    account = queries(database).alert("a", {"payments"})
    assert account is not None
    assert account.feedback == ("expected_change", "a\ufffdb", "bob", 1)
    assert account.owner == "payments"
    assert counts(database)["feedback"] == 1


def test_feedback_stays_when_its_alert_leaves(database: URL) -> None:
    store = fill(database, *alerts(alert_event("a")))
    say(store, feedback("a"))
    store.expire(NOW + 50 * DAY)
    assert (counts(database)["alerts"], counts(database)["feedback"]) == (0, 1)
    assert len(queries(database).labels("config", Wanted())) == 1


def test_labels_have_filters_and_keys(database: URL) -> None:
    store = fill(database)
    say(
        store,
        feedback("a"),
        feedback("b", "true_alarm", owner="search", config_id="other", metric="other", detector="iqr"),
        feedback("c", started_at=NOW + DAY),
    )
    found = queries(database)

    def of(by: str = "config", **wanted: object) -> list[tuple[str, float, str]]:
        return sorted(found.labels(by, Wanted(**wanted)))  # type: ignore[arg-type]

    assert of("detector")[-1] == ("iqr", NOW, "true_alarm")
    assert [each[0] for each in of("owner")] == ["payments", "payments", "search"]
    assert of(readable={"search"}) == of(owner="search") == of(metric="other") == of(config_id="other")
    assert of(readable=()) == of(readable={"search"}, owner="payments") == []
    assert len(of(since=NOW + 1)) == 1
    assert len(of(until=NOW + 1)) == 2


def test_similar_alerts_are_earlier_ones_of_the_config_the_same_series_first(database: URL) -> None:
    other = {"env": "dev"}
    low = {"start": NOW - 20, "end": NOW, "peak_score": 90.0, "peak_value": 0.5, "count": 1}
    store = fill(
        database,
        *alerts(
            alert_event("oldest", start=NOW - 50),
            alert_event("below", episode=low),
            alert_event("minor", start=NOW - 10, severity="minor"),
            alert_event("dev", start=NOW - 5, labels=other),
            alert_event("dev-old", start=NOW - 60, labels=other),
            alert_event("dev-older", start=NOW - 70, labels=other),
            alert_event("hidden", start=NOW - 1, owner="search"),
            alert_event("unrelated", start=NOW - 1, config_id="other"),
            alert_event("metric", start=NOW - 1, metric="other"),
            alert_event("later", start=NOW + 1),
            alert_event("a"),
        ),
    )
    say(store, feedback("oldest", "true_alarm", note="disk"))
    account = queries(database).alert("a", {"payments"})
    assert account is not None
    found = [(json.loads(one.body)["alert_id"], one.feedback) for one in account.similar]
    assert [alert for alert, _ in found] == ["oldest", "minor", "below", "dev", "dev-old"]
    assert found[0][1] == ("true_alarm", "disk", "ann", int(NOW * 1000))
    assert found[1][1] is None
    everybody = queries(database).alert("a", None)
    assert everybody is not None
    assert json.loads(everybody.similar[0].body)["alert_id"] == "hidden"


def test_rubbish_is_refused() -> None:
    given = batch(
        record(NAMES.feedback, 0, None),
        record(NAMES.feedback, 1, feedback("a").replace(b"false_alarm", b"perhaps")),
        record(NAMES.feedback, 2, feedback("a" * 2000)),
    )
    assert (len(given.refused), given.feedback) == (3, {})
