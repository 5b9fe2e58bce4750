"""What became of an offline input: counts by status, and warnings with their cure."""

import math
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from anomaly_stream.alerts.wording import are, plural
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.intake.option_spelling import COMMAND_LINE, OptionSpelling
from anomaly_stream.kernels.arrays import Floats, Integers
from anomaly_stream.model import AnomalyDetectionConfig, ObservationColumns, OutcomeCounts, Series
from anomaly_stream.model.group import GroupConfig, GroupCounts
from anomaly_stream.pipeline.config_counts import learning_rows
from anomaly_stream.pipeline.config_promises import promises_of
from anomaly_stream.report.unused_configs import group_warnings, interval_warnings, unmatched_warnings

_DAY = 86400.0
_SAFETY = 2
"""The period that a warning proposes holds this many times the values that are needed."""
_STATUSES = ("scored", "learning", "late", "duplicate", "ahead", "unmatched", "refused")


class Tally:
    """Counts what becomes of observations; all counts but those of observations are by config too: a value
    counts once for each config that watches its series."""

    def __init__(self) -> None:
        self.observations = 0
        self.statuses = dict.fromkeys(_STATUSES, 0)
        self.groups = GroupCounts()
        self.in_maintenance = 0
        self._expired = 0
        self._seen = np.zeros(0, np.int64)
        self._first = np.zeros(0)
        self._last = np.zeros(0)

    def add(self, counts: OutcomeCounts, batch: ObservationColumns) -> None:
        """Count one batch."""
        self.observations += counts.observations
        self.statuses["scored"] += counts.scored
        self.statuses["learning"] += counts.learning + counts.learned
        self.statuses["late"] += counts.late
        self.statuses["duplicate"] += counts.duplicate
        self.statuses["ahead"] += counts.ahead
        self.statuses["unmatched"] += counts.unmatched
        self.statuses["refused"] += sum(counts.refused)
        self.in_maintenance += counts.not_learned
        self._expired += counts.expired
        if len(batch):
            self._see(batch.series, batch.timestamp)

    def add_groups(self, counts: GroupCounts) -> None:
        """Count what one batch brought about in groups."""
        for name in ("values", "late", "ahead", "refused", "incomplete", "vectors"):
            setattr(self.groups, name, getattr(self.groups, name) + getattr(counts, name))

    def _see(self, series: Integers, times: Floats) -> None:
        more = int(series.max()) + 1 - len(self._seen)
        if more > 0:
            self._seen = np.concatenate((self._seen, np.zeros(more, np.int64)))
            self._first = np.concatenate((self._first, np.full(more, np.inf)))
            self._last = np.concatenate((self._last, np.full(more, -np.inf)))
        np.add.at(self._seen, series, 1)
        np.minimum.at(self._first, series, times)
        np.maximum.at(self._last, series, times)

    def _mean_steps(self) -> Floats:
        """By series, the mean time between its values; infinite if it has one or none."""
        steps = np.full(len(self._seen), np.inf)
        many = self._seen > 1
        steps[many] = (self._last - self._first)[many] / (self._seen - 1)[many]
        return steps

    def lines(self, faulty: int) -> Iterator[str]:
        """The counts, ready to print. ``faulty``: lines that hold no observation."""
        counts = {**self.statuses, "faulty": faulty}
        yield ", ".join(f"{name} {count:,}" for name, count in counts.items())
        if self.in_maintenance:
            yield f"in maintenance, not learned: {self.in_maintenance:,}"
        if self.groups.values:
            groups = self.groups
            yield (
                f"groups: {plural(groups.values, 'value')} in {plural(groups.vectors, 'vector')}, "
                f"late {groups.late:,}, ahead {groups.ahead:,}, refused {groups.refused:,}, "
                f"incomplete {groups.incomplete:,}"
            )

    def warnings(
        self,
        bank: Bank,
        series: Sequence[Series],
        groups: Sequence[GroupConfig],
        is_sorted: bool,
        spelling: OptionSpelling = COMMAND_LINE,
    ) -> Iterator[str]:
        """What the user should change, each with its cure.

        Args:
            bank: the rows at the end of the input.
            series: all series of the input, by number.
            groups: the configs of groups.
            is_sorted: whether the input was sorted.
            spelling: how the warnings name the options of an input.
        """
        if not self.observations:
            yield "the input holds no observation"
            return
        watched = [bank.plan.match(one) for one in series]
        matched = set(chain.from_iterable(watched))
        unmatched = [config for n, config in enumerate(bank.plan.configs) if n not in matched]
        yield from unmatched_warnings(unmatched, series)
        yield from group_warnings(groups, series, self.groups)
        yield from interval_warnings(groups, series, self._mean_steps())
        promises = {each.config.id: each for each in promises_of([bank])}
        for number in sorted(matched):
            members = [n for n in np.flatnonzero(self._seen).tolist() if number in watched[n]]
            if members:  # the values of a series may all be left out
                yield from self._unscored(bank, number, np.array(members), spelling)
            if promised := promises.get(bank.plan.configs[number].id):
                yield from filter(None, (promised.excess, promised.crowding, promised.futility))
        late, duplicate, ahead = (self.statuses[name] for name in ("late", "duplicate", "ahead"))
        if late:
            cure = f"add {spelling.given('sort')}" if spelling.has("sort") else "sort the input by time"
            cure = "" if is_sorted else f": {cure}"
            yield (
                f"{plural(late, 'value')} {are(late)} older than the one before in the same series, and not "
                f"scored{cure}"
            )
        if duplicate:
            yield (
                f"{plural(duplicate, 'value')} with the timestamp of the one before in the same series "
                f"{are(duplicate)} not scored: if another column tells them apart, keep it as a label"
            )
        ahead += self.groups.ahead
        if ahead:
            yield (
                f"{plural(ahead, 'value')} further ahead than the cadence of the series allows {are(ahead)} "
                "not scored: check the timestamps. After a true gap, the series continues after a few values"
            )

    def _unscored(
        self, bank: Bank, number: int, members: Integers, spelling: OptionSpelling
    ) -> Iterator[str]:
        """Why the config has scored nothing, if it has not."""
        config = bank.plan.configs[number]
        needed = config.min_observations
        longest = int(members[np.argmax(self._seen[members])])
        seen = int(self._seen[longest])
        if seen <= needed:
            yield f"config {config.id} scored nothing: {self._too_few(config, members, seen, spelling)}"
            return
        outside = seen - self.in_maintenance
        if config.maintenance and outside <= needed and _only_learns(bank, number):
            yield (
                f"config {config.id} scored nothing: values in its maintenance are not learned, and the "
                f"others are too few for min_observations, {needed}: shorten the windows, or give "
                "history from outside them"
            )
            return
        step = float(self._last[longest] - self._first[longest]) / (seen - 1)
        if self._expired and 0 < config.series_ttl_s < step:
            yield (
                f"config {config.id} scored nothing: series expire after series_ttl, "
                f"{_duration(config.series_ttl_s)}, and have a value every {_duration(step)}: set "
                f"series_ttl: {math.ceil(_SAFETY * step / _DAY)}d"
            )
            return

    def _too_few(
        self, config: AnomalyDetectionConfig, members: Integers, seen: int, spelling: OptionSpelling
    ) -> str:
        if len(members) > seen:
            option = spelling.name("label_column")
            cure = f"name those to keep with {option}" if spelling.has("label_column") else "leave it out"
            return (
                f"its {len(members):,} series have at most {plural(seen, 'value')} each, and "
                f"min_observations is {config.min_observations}: a label that changes with each row makes "
                f"a series of each row; {cure}"
            )
        return (
            f"its longest series has {plural(seen, 'value')}, and min_observations is "
            f"{config.min_observations}: give more history, or lower min_observations"
        )


def _only_learns(bank: Bank, number: int) -> bool:
    """Whether no row of the config has learned enough values to score the next one."""
    return bool(0 < learning_rows(bank)[number] == bank.rows_per_config[number])


def _duration(seconds: float) -> str:
    for unit, name in ((_DAY, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:.3g} s"
