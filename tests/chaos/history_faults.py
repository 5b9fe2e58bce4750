"""The check that the history has each alert event once, and everything that the API has acknowledged."""

from collections import Counter
from collections.abc import Mapping

from anomaly_stream.formats.outcomes import decode_alert
from tests.chaos.house import History
from tests.chaos.reconfiguring import STRAY


def history_faults(alerts: Mapping[str, bytes], found: History) -> list[str]:
    """What differs from the alert events of the reference, and from what was acknowledged."""
    faults = []
    times = Counter(event_id for event_id, _ in found.events)
    if twice := sorted(event_id for event_id, count in times.items() if count > 1):
        faults.append(f"the history has {len(twice)} events more than once: {twice[:3]}")
    recorded = {
        event_id: body for event_id, body in found.events if decode_alert(body).config_id != STRAY["id"]
    }
    if missing := sorted(alerts.keys() - recorded.keys()):
        faults.append(f"the history lacks {len(missing)} events: {[alerts[each] for each in missing[:3]]}")
    if extra := sorted(recorded.keys() - alerts.keys()):
        faults.append(f"the history has {len(extra)} extra events: {[recorded[each] for each in extra[:3]]}")
    if other := sorted(each for each in recorded.keys() & alerts.keys() if recorded[each] != alerts[each]):
        first = other[0]
        faults.append(f"{len(other)} events of the history differ: {recorded[first]!r} for {alerts[first]!r}")
    if lost := sorted(found.made_silences - found.silences):
        faults.append(f"{len(lost)} acknowledged silences are gone: {lost[:3]}")
    wrong = {
        alert: (note, found.feedback.get(alert))
        for alert, note in found.given_feedback.items()
        if found.feedback.get(alert) != note
    }
    if wrong:
        faults.append(f"{len(wrong)} acknowledged feedbacks are gone: {list(wrong.items())[:3]}")
    if not found.made_silences or not found.given_feedback:
        faults.append("a run without silences and feedback proves little")
    return faults
