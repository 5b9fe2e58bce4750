"""An alert that a silence suppresses reaches nobody, until the silence ends while the alert is open."""

from pathlib import Path
from typing import Any

import msgspec

from anomaly_stream.model import AlertEvent
from anomaly_stream.notify.grouping import Groups
from anomaly_stream.notify.silencing import Silencing
from anomaly_stream.silences.document import SilenceDocument
from anomaly_stream.silences.silence import Silence
from tests.history.messages import NOW
from tests.notify.world import event, routing

MS = int(NOW * 1000)
FROM, UNTIL = "2026-05-28T20:26:40Z", "2026-05-28T21:26:40Z"  # from NOW, for an hour


def silence(**document: Any) -> Silence:
    whole = {"owner": "payments", "reason": "work", "from": FROM, "until": UNTIL, **document}
    return SilenceDocument.model_validate(whole).silence("s", MS, None)


def suppressed(silencing: Silencing, one: AlertEvent, *silences: Silence) -> bool:
    return silencing.suppresses(one, MS, silences)


def test_an_alert_is_held_until_its_silence_ends() -> None:
    silencing = Silencing()
    assert suppressed(silencing, event("a"), silence())
    assert suppressed(silencing, event("a", "updated"), silence())
    assert silencing.released(NOW + 3599, [silence()]) == []
    assert [one.status for one in silencing.released(NOW + 3600, [silence()])] == ["updated"]
    assert silencing.released(NOW + 3600, []) == []


def test_an_alert_that_ends_within_its_silence_is_never_released() -> None:
    silencing = Silencing()
    assert suppressed(silencing, event("a"), silence())
    assert not suppressed(silencing, event("a", "resolved"), silence())  # for those who know the alert
    assert silencing.released(NOW + 3600, [silence()]) == []


def test_a_restart_keeps_what_is_held() -> None:
    silencing = Silencing()
    suppressed(silencing, event("a"), silence())
    suppressed(silencing, event("b"), silence())
    suppressed(silencing, event("b", "resolved"), silence())
    records = dict(silencing.changes())
    assert records["held/b"] is None
    assert silencing.changes() == []
    kept = [(key, value) for key, value in records.items() if value is not None]
    assert Silencing(kept).released(NOW + 3600, []) == [event("a")]


def test_an_alert_that_was_open_before_a_restart_inhibits_others() -> None:
    one = silence(**{"while": {"config": "host-down", "equal": ["host"]}})
    source = event("down", config_id="host-down")
    assert suppressed(Silencing((), [source]), event("a"), one)
    assert not suppressed(Silencing(), event("a"), one)


def test_reminders_leave_out_alerts_that_are_silenced_now(tmp_path: Path) -> None:
    groups, silencing = Groups(routing(tmp_path).root), Silencing()
    for alert, env in (("a", "prod"), ("b", "dev")):
        one = event(alert, labels={"host": "web-1", "env": env})
        assert not suppressed(silencing, one)
        groups.take(one, NOW)
    (first,) = groups.due(NOW + 30)
    groups.settle(first.group_id, NOW + 30)

    def reminded(*silences: Silence) -> list[str]:
        at = NOW + 30 + 4 * 3600
        found = groups.due(at, lambda one: silencing.is_silenced(one, at, silences))
        return [news.latest.alert_id for message in found for news in message.alerts]

    later = "2026-05-30T00:00:00Z"
    assert reminded(silence(until=later, match={"env": "prod"})) == ["b"]


def test_no_reminder_is_sent_if_all_alerts_are_silenced_and_the_next_one_is(tmp_path: Path) -> None:
    groups = Groups(routing(tmp_path).root)
    groups.take(event("a"), 0.0)
    (first,) = groups.due(30.0)
    groups.settle(first.group_id, 30.0)
    assert groups.due(30.0 + 4 * 3600, lambda _: True) == []
    (reminder,) = groups.due(30.0 + 8 * 3600, lambda _: False)
    assert reminder.is_reminder


def test_of_alerts_of_one_start_that_inhibit_each_other_one_reaches_people_also_after_a_restart() -> None:
    one = silence(**{"config": "load", "while": {"config": "load", "equal": ["host"]}})
    events = {name: event(name, config_id="load", labels={"host": "h"}) for name in "cab"}
    silencing = Silencing()
    assert [suppressed(silencing, each, one) for each in events.values()] == [False, True, True]
    kept = [(key, value) for key, value in silencing.changes() if value is not None]
    for each in (silencing, Silencing(kept, [events["c"]])):
        assert each.released(NOW + 10, [one]) == []
        assert not suppressed(each, msgspec.structs.replace(events["c"], status="resolved"), one)
        assert [found.alert_id for found in each.released(NOW + 20, [one])] == ["a"]
