from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.alerts.lifecycle import (
    FIRING,
    NONE,
    RESOLVED,
    UPDATED,
    Anomaly,
    count_anomaly,
    count_normal,
    fresh_alerts,
)


@dataclass
class SlowAlert:
    """The anomalies of the open episode, kept as a list."""

    anomalies: list[tuple[float, float, float, float, int]] | None = None
    quiet: int = 0

    def severity(self, escalate_after: int) -> int:
        assert self.anomalies is not None
        worst = max(severity for *_, severity in self.anomalies)
        return min(3, worst + (len(self.anomalies) >= escalate_after))

    def anomaly(
        self, event: tuple[float, float, float, float, int], alert_score: float, escalate: int
    ) -> int:
        if self.anomalies is None:
            if event[3] < alert_score:
                return NONE
            self.anomalies = []
        before = self.severity(escalate) if self.anomalies else 0
        self.quiet = 0
        self.anomalies.append(event)
        if before == 0:
            return FIRING
        return UPDATED if self.severity(escalate) > before else NONE

    def normal(self, resolve_after: int) -> int:
        if self.anomalies is None:
            return NONE
        self.quiet += 1
        if self.quiet < resolve_after:
            return NONE
        self.anomalies = None
        return RESOLVED


events = st.one_of(
    st.none(),
    st.tuples(
        st.floats(-10, 10),
        st.integers(0, 5).map(float),
        st.sampled_from([40.0, 55.0, 70.0, 100.0]),
        st.integers(1, 3),
    ),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(events, max_size=60), st.integers(1, 4), st.integers(1, 6))
def test_agrees_with_the_twin_at_every_event(
    history: list[tuple[float, float, float, int] | None], resolve_after: int, escalate: int
) -> None:
    alert, twin = fresh_alerts(1)[0], SlowAlert()
    for time, event in enumerate(history):
        if event is None:
            shown = list(twin.anomalies or [])
            expected = twin.normal(resolve_after)
            assert count_normal(alert, resolve_after) == expected
        else:
            value, deviation, score, severity = event
            expected = twin.anomaly((float(time), value, deviation, score, severity), 55.0, escalate)
            found = count_anomaly(
                alert, Anomaly(float(time), value, deviation, score, score), severity, 55.0, escalate
            )
            assert found == expected
            shown = list(twin.anomalies or [])
        assert bool(alert["open"]) == (twin.anomalies is not None)
        if shown:
            peak = max(shown, key=lambda one: (one[3], one[2], -one[0]))
            assert (alert["start"], alert["end"], alert["count"]) == (shown[0][0], shown[-1][0], len(shown))
            assert (alert["peak_score"], alert["peak_value"]) == (peak[3], peak[1])


def test_a_second_episode_starts_fresh() -> None:
    alert = fresh_alerts(1)[0]
    assert count_anomaly(alert, Anomaly(1.0, 9.0, 9.0, 90.0, 90.0), 3, 50.0, 30) == FIRING
    assert count_normal(alert, 1) == RESOLVED
    assert count_anomaly(alert, Anomaly(5.0, 2.0, 2.0, 60.0, 60.0), 1, 50.0, 30) == FIRING
    assert (alert["start"], alert["peak_score"], alert["severity"], alert["count"]) == (5.0, 60.0, 1, 1)


def test_a_long_episode_is_raised_by_one_severity_once() -> None:
    alert = fresh_alerts(1)[0]
    transitions = [
        count_anomaly(alert, Anomaly(float(i), 1.0, 1.0, 60.0, 60.0), 1, 50.0, 5) for i in range(20)
    ]
    assert transitions == [FIRING, NONE, NONE, NONE, UPDATED] + [NONE] * 15
    assert alert["severity"] == 2
