"""Removes a range of event time from baselines: learns them again without it, and loads the result.

A baseline cannot subtract a value. So the affected series are learned again from the past, without the values
of the range, and their baselines are loaded as those of any history.

What the series send meanwhile: ``apps.hand_over``.
"""

import math
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from anomaly_stream.alerts.wording import are, clock, plural, series_name
from anomaly_stream.apps.hand_over import APPLIED_S, ROUNDS, hand_over
from anomaly_stream.apps.load_history import LoadProgress, new_run, unchanged
from anomaly_stream.apps.unlearn_target import Target
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.option_spelling import COMMAND_LINE, OptionSpelling
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.kafka.baselines_topic import BaselinePublisher
from anomaly_stream.kafka.config_topic import publish_commands, read_configs
from anomaly_stream.kafka.past_reader import PastReader
from anomaly_stream.kafka.past_records import held_since
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import Series
from anomaly_stream.model.commands import CommandKind, SeriesCommand
from anomaly_stream.ops.clock import now_ms
from anomaly_stream.registry.matching import matches
from anomaly_stream.registry.series_command import ranges_left_out
from anomaly_stream.report.history_run import FILE, HistoryRun
from anomaly_stream.report.value_filter import ValueFilter
from anomaly_stream.settings import Settings


class Past(NamedTuple):
    """What is learned again: the blocks of a file, if given, and then the metrics topics."""

    since: float | None = None
    """Kafka timestamp from which the topics are read, in seconds; None: the end of the file."""
    blocks: Iterable[InputBlock] | None = None
    format_name: str = ""
    """The format of the file's records."""
    spelling: OptionSpelling = COMMAND_LINE
    """How messages name the options."""


class UnlearnResult(NamedTuple):
    """What was removed, and what was published in its place."""

    load_id: str
    removed: int
    """Values of the affected series in the range."""
    baselines: int
    """Series whose baseline was learned again."""
    reset: int
    """Series without any other value: they begin anew."""
    observations: int
    """Values of all series that were learned."""
    statuses: dict[str, int]
    """Observations that were learned again, by what became of them."""
    faulty: int
    """Records that hold no observation."""
    faults: list[str]
    """The first of them, and why."""
    warnings: list[str]


def unlearn(
    settings: Settings,
    target: Target,
    past: Past,
    author: str,
    load_id: bytes | None = None,
    on_progress: Callable[[LoadProgress], None] = lambda progress: None,
) -> UnlearnResult:
    """Remove the values of a range from the baselines of a config. Other series stay as they are.

    Histories that are loaded later leave the range out too: it is recorded on the configs topic.

    Raises:
        AnomalyStreamError: there is no such config or value, or the past is not held.
        BrokerError: Kafka cannot be reached, or refused.
    """
    config = target.config
    earlier = ranges_left_out(read_configs(settings).commands.values(), config.id)
    values = ValueFilter(earlier, target.left_out, target.series)
    names = TopicNames.of(settings)
    formats = {FILE: past.format_name, **names.formats} if past.blocks is not None else dict(names.formats)
    run = new_run(settings, config, formats, values, settings.worker.max_ahead_s)

    def learn(blocks: Iterable[InputBlock]) -> None:
        for block in blocks:
            run.learn(block)
            on_progress(LoadProgress(run.tally.observations, run.series, run.faulty))

    learn(past.blocks or ())
    with _reader(settings, names.metrics, run, values, past) as reader:
        learn(map(InputBlock, reader.read()))
        affected = _affected(target, run, values, past)
        key = secrets.token_bytes(16) if load_id is None else load_id
        publish_commands(settings, _commands(target, affected, run, author))
        unchanged(settings, config.id, run)
        publisher = BaselinePublisher(settings, config.id)

        def read() -> Mapping[Series, float]:
            learn(map(InputBlock, reader.read()))
            return _ends(run, affected)

        def publish(chosen: Collection[Series]) -> None:
            publisher.publish(run.baselines(key, chosen))

        handed = hand_over(read, publish)
    unchanged(settings, config.id, run)
    warnings = [*run.warnings(past.spelling), *values.warnings(), *_too_fast(handed.missed)]
    return UnlearnResult(
        key.hex(),
        sum(values.asked[one] for one in affected),
        len(handed.published),
        len(affected) - len(handed.published),
        run.tally.observations,
        dict(run.tally.statuses),
        run.faulty,
        [str(fault) for fault in run.faults],
        warnings,
    )


def _too_fast(missed: Collection[Series]) -> Iterator[str]:
    if missed:
        yield (
            f"{plural(len(missed), 'series', 'series')} sent a value within {APPLIED_S:g} s of each of "
            f"{ROUNDS} baselines, so the last values before a worker took the baseline may be missing from "
            "it, and `replay` may differ"
        )


def _reader(
    settings: Settings, topics: Sequence[str], run: HistoryRun, values: ValueFilter, past: Past
) -> PastReader:
    """Reads the topics from where the past begins, or where the file ends."""
    since = past.since
    if since is None:
        ends = run.last_times()
        for one, end in ends.items():
            values.skip_to(one, end)
        if not ends:
            raise AnomalyStreamError("the file holds no value of a series of the config")
        since = min(ends.values()) - settings.worker.max_ahead_s
    since_ms = max(0, int(since * 1000))
    held = held_since(settings, topics, since_ms)
    if held is not None:
        given, option = past.spelling.has("input"), past.spelling.name
        cure = f"give the values before with {option('input')}, or " if given else ""
        raise AnomalyStreamError(
            f"the metrics topics hold their records from {clock(held / 1000)} on only, and not from "
            f"{clock(since_ms / 1000)}: {cure}begin later with {option('learn_from')}"
        )
    return PastReader(settings, topics, since_ms)


def _ends(run: HistoryRun, affected: Collection[Series]) -> dict[Series, float]:
    """The affected series that have a baseline, each with the time of its last value."""
    return {one: end for one, end in run.last_times().items() if one in affected}


def _affected(target: Target, run: HistoryRun, values: ValueFilter, past: Past) -> set[Series]:
    """The series whose baselines change. Raises AnomalyStreamError."""
    begin, end = target.left_out
    since, option = past.since, past.spelling.name("learn_from")
    if since is not None and begin > -math.inf and since > end and not values.asked:
        one = target.series
        name = f"config {target.config.id!r}" if one is None else series_name(one)
        raise AnomalyStreamError(
            f"the past holds no value of {name} in the range: it is read from {clock(since)} on, by Kafka "
            f"timestamps, and the range ends before, at {clock(end)}; begin earlier with {option}"
        )
    if target.series is not None:
        if not run.tally.observations and not values.asked:
            name = series_name(target.series)
            raise AnomalyStreamError(f"the past holds no value of {name}: check its metric and its labels")
        if not values.asked and begin > run.last_times().get(target.series, math.inf):
            raise _empty_range(series_name(target.series), run, option)
        return {target.series}
    affected = {one for one in values.asked if matches(target.config, one)}
    if not affected:
        raise _empty_range(f"config {target.config.id!r}", run, option)
    if run.tally.statuses["refused"]:
        raise AnomalyStreamError(
            f"{plural(run.tally.statuses['refused'], 'value')} {are(run.tally.statuses['refused'])} refused "
            "by worker.max_series or worker.max_state_bytes: raise the limit, or name one series"
        )
    return affected


def _empty_range(name: str, run: HistoryRun, option: str) -> AnomalyStreamError:
    """Where the values of the past are instead, and the cure: the option that names where it begins."""
    ends = run.last_times().values()
    where, cure = "and none outside of it", ""
    if ends:
        where, cure = f"the last one is of {clock(max(ends))}", "correct the range, or "
    return AnomalyStreamError(
        f"the past holds no value of {name} in the range, {where}: {cure}begin earlier with {option}"
    )


def _commands(
    target: Target, affected: Collection[Series], run: HistoryRun, author: str
) -> list[SeriesCommand]:
    """The range for later histories, and a reset for each series without any other value."""
    learned = run.last_times()
    issued_ms = now_ms()
    found: list[SeriesCommand] = []
    for one in sorted(affected, key=lambda one: one.key):
        kinds = [CommandKind.UNLEARN] if one in learned else [CommandKind.UNLEARN, CommandKind.RESET]
        found += [
            SeriesCommand(
                kind=kind,
                config_id=target.config.id,
                series=one,
                author=author,
                issued_at_ms=issued_ms,
                left_out=target.left_out if kind is CommandKind.UNLEARN else None,
            )
            for kind in kinds
        ]
    return found
