"""Alerts and anomalies of each config, counted over the last 24 hours of processing."""

from collections import Counter, deque
from dataclasses import dataclass, field

from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.formats.outcomes import Output
from anomaly_stream.model import Status

_HOUR_S = 3600
_HOURS = 24


@dataclass(slots=True)
class _Hour:
    number: int
    alerts: Counter[str] = field(default_factory=Counter)
    anomalies: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)


class EventCounts:
    """Counts by config id, in buckets of one hour. The caller supplies the time.

    ``since_s``: the time at which counting begins, in seconds since the epoch.
    """

    def __init__(self, since_s: float) -> None:
        self._since_s = since_s
        self._hours: deque[_Hour] = deque([_Hour(int(since_s // _HOUR_S))])

    def add(self, output: Output, plan: Plan) -> None:
        """Count the anomalies, and the opened and the withheld alerts, of a run of records."""
        hour = self._hours[-1]
        hour.withheld += output.withheld
        for alert in output.alerts:
            if alert.body.status == "firing":
                hour.alerts[alert.body.config_id] += 1
        outcome = output.outcome
        if outcome is None:  # of the groups topic
            anomalous_scores = (score for score in output.scores if score.body.status == "anomaly")
            hour.anomalies.update(score.body.config_id for score in anomalous_scores)
            return
        anomalous = Counter(outcome.config[outcome.status == Status.ANOMALY].tolist())
        for config, count in anomalous.items():
            hour.anomalies[plan.configs[config].id] += count

    def advance(self, now_s: float) -> None:
        """Begin a new bucket where an hour has passed, and drop those of more than 24 hours ago."""
        number = int(now_s // _HOUR_S)
        if number > self._hours[-1].number:
            self._hours.append(_Hour(number))
        while self._hours[0].number <= number - _HOURS:
            self._hours.popleft()

    def alerts(self) -> Counter[str]:
        """Alerts opened, by config id."""
        return sum((hour.alerts for hour in self._hours), Counter())

    def anomalies(self) -> Counter[str]:
        """Anomalous values, by config id."""
        return sum((hour.anomalies for hour in self._hours), Counter())

    def withheld(self) -> Counter[str]:
        """Alerts that were withheld when they opened, by config id."""
        return sum((hour.withheld for hour in self._hours), Counter())

    def counted_s(self, now_s: float) -> float:
        """The seconds that the counts cover."""
        return max(0.0, now_s - max(self._since_s, (now_s // _HOUR_S - _HOURS + 1) * _HOUR_S))
