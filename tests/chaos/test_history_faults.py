"""The check of the history sees what it is for."""

from dataclasses import replace

import pytest

from tests.chaos.history_faults import history_faults
from tests.chaos.house import History
from tests.history.messages import alert_event

FIRST, SECOND = alert_event("a"), alert_event("b")
ALERTS = {"a-firing": FIRST, "b-firing": SECOND}
WHOLE = History(
    events=list(ALERTS.items()),
    silences={"s", "another"},
    made_silences={"s"},
    feedback={"a": "note"},
    given_feedback={"a": "note"},
)


def test_a_whole_history_has_no_faults() -> None:
    assert history_faults(ALERTS, WHOLE) == []


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (replace(WHOLE, events=WHOLE.events[:1]), "the history lacks 1 events"),
        (replace(WHOLE, events=[*WHOLE.events, WHOLE.events[0]]), "has 1 events more than once"),
        (replace(WHOLE, events=[*WHOLE.events, ("c-firing", alert_event("c"))]), "has 1 extra events"),
        (replace(WHOLE, events=[("a-firing", SECOND), WHOLE.events[1]]), "1 events of the history differ"),
        (replace(WHOLE, silences={"another"}), "1 acknowledged silences are gone"),
        (replace(WHOLE, feedback={"a": "older"}), "1 acknowledged feedbacks are gone"),
        (replace(WHOLE, feedback={}), "1 acknowledged feedbacks are gone"),
        (replace(WHOLE, made_silences=set()), "proves little"),
        (replace(WHOLE, given_feedback={}), "proves little"),
    ],
)
def test_each_fault_is_named(found: History, fault: str) -> None:
    (named,) = history_faults(ALERTS, found)
    assert fault in named
