"""``python -m benchmarks.calibration``: what scores and ``max_false_alarms`` promise, beside what is seen.

**Scores.** A score s promises that a value reaches it with the probability ``10^(-s/10)`` in normal times: 40
once in 10,000 values. The score of a model ranks evidence; what it promises is its probability p, so
``-10 log10(p)`` takes the place of the score. Seen is the share of values, after the warm-up, that reach it
on kinds of series without faults, and on the rows of labelled corpora (``--data``) that no label covers. A
cell is seen over promised, with PASS if this ratio is within a factor of 2 (stationary kinds) or 4 (hard
kinds, real data), FAIL if it is not, and *few* where the values are too few to tell.

**Alerts.** The same series under thresholds that ``max_false_alarms`` of 1/day and 1/week gives. A cell is
the number of alerts over those that the threshold promises, which is fewer than the rate where the threshold
of the config is the higher one. The promise is a maximum, so fewer pass.

Warm-up and zones of labels are those of ``benchmarks.quality.segments``. Real rows without a label are not
all normal: labels of operators miss incidents.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
import numpy as np

from anomaly_stream.detectors.registry import KINDS
from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.model import AnomalyDetectionConfig, Publish
from anomaly_stream.registry.incompatibilities import model_of
from anomaly_stream.registry.promised_alerts import WEEK_S, alerts_per_week, threshold_of
from benchmarks.normal_kinds import STATIONARY, level_dependent
from benchmarks.quality.commands import FAULTS, log
from benchmarks.quality.ours import RARITY, engine_detector, read_config, shipped_config
from benchmarks.quality.parallel import judge_together
from benchmarks.quality.reading import read_corpora
from benchmarks.quality.segments import SeriesLayout
from benchmarks.quality.series import Corpus, LabelledSeries, Verdict
from benchmarks.quality.synthetic import series_of

SCORES = (20.0, 30.0, 40.0, 50.0, 60.0)
FACTOR, HARD_FACTOR = 2.0, 4.0
SUITE = ("clean_bursts", "clean_growth", "clean_intermittent", "clean_integers", "clean_wandering")
"""The hard kinds of the synthetic suite."""
SPANS: Mapping[float, float] = {60.0: 14.0, 300.0: 42.0, 3600.0: 365.0}
"""The length of a stationary series in days by its step in seconds."""
RATES: Mapping[str, float] = {"1/day": 7.0, "1/week": 1.0}
"""Alerts per week by the way a config says it."""
_RARE = 5.0
"""A model's value of a lower score is more frequent than once in 100, whatever the series."""
_MONDAY = 1_704_067_200.0
_DEVIATIONS = 2.33
"""One count in a hundred is further out, by the normal approximation of Poisson's distribution."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How many values there are, and how many of them reach each of ``SCORES``."""

    values: int
    reached: tuple[int, ...]

    @classmethod
    def of(cls, corpus: Corpus, verdicts: Sequence[Verdict]) -> Self:
        """Count the normal rows of a corpus."""
        normal = [normal_rows(series) for series in corpus]
        scores = np.concatenate([one.scores[rows] for one, rows in zip(verdicts, normal, strict=True)])
        return cls(len(scores), tuple(int((scores >= least).sum()) for least in SCORES))

    def cells(self, factor: float) -> Iterator[str]:
        """For each score, seen over promised, and the judgement."""
        for score, seen in zip(SCORES, self.reached, strict=True):
            promised = self.values * 10.0 ** (-score / 10.0)
            yield f"{seen / promised:.3g} {judgement(seen, promised, factor)}"


def judgement(seen: int, promised: float, factor: float) -> str:
    """Whether a count is within ``factor`` of the promised one: PASS, FAIL, or *few* if chance may decide."""
    nearest = min(max(float(seen), promised / factor), promised * factor)
    if abs(seen - nearest) > _DEVIATIONS * nearest**0.5 + 1.0:
        return "FAIL"
    return "PASS" if nearest == seen and promised >= factor else "few"


@dataclass(frozen=True, slots=True)
class Alerts:
    """How many alerts there are, and how many were promised, for each of ``RATES``."""

    weeks: float
    opened: tuple[int, ...]
    promised: tuple[float, ...]

    def cells(self, factor: float) -> Iterator[str]:
        """For each rate, alerts over promised ones, and the judgement."""
        for opened, promised in zip(self.opened, self.promised, strict=True):
            verdict = "PASS" if opened <= promised else judgement(opened, promised, factor)
            yield f"{opened}/{promised:.0f} {verdict}"


def normal_rows(series: LabelledSeries) -> Bools:
    """The rows that count: with a value, after the warm-up, outside the zones of labels."""
    layout = SeriesLayout.of(series)
    normal = np.isfinite(series.values)
    normal[: layout.warm_up] = False
    for first, last in (*layout.zones, *layout.ignored):
        normal[max(0, first) : last + 1] = False
    return normal


def stationary(count: int) -> Mapping[str, Corpus]:
    """``count`` series of each stationary kind at each step."""
    return {f"{kind}, {step:g} s": drawn(kind, step, count) for kind in STATIONARY for step in SPANS}


def hard(count: int) -> Mapping[str, Corpus]:
    """``count`` series of each hard kind."""
    kind = "level-dependent"
    own: dict[str, Corpus] = {f"{kind}, {step:g} s": drawn(kind, step, count) for step in SPANS}
    for kind in SUITE:
        own[kind.replace("clean_", "suite: ")] = [series_of(kind, seed) for seed in range(count)]
    return own


def drawn(kind: str, step_s: float, count: int) -> list[LabelledSeries]:
    """``count`` series of a kind, with a value every ``step_s`` seconds; no row has a label."""
    times: Floats = _MONDAY + step_s * np.arange(round(SPANS[step_s] * 86_400 / step_s), dtype=np.float64)
    draw = STATIONARY.get(kind, level_dependent)
    values = 50.0 + 10.0 * draw(np.random.default_rng(1), times, count)
    unlabelled = np.empty((0, 2), np.int64)
    return [LabelledSeries(f"{kind}/{i}", times, values[:, i].copy(), unlabelled) for i in range(count)]


def by_step(corpus: Corpus, name: str) -> dict[str, Corpus]:
    """The labelled series of a corpus with the same step, under names of their own."""
    found: dict[str, list[LabelledSeries]] = {}
    for series in corpus:
        if series.labelled:
            found.setdefault(f"{name}, {step_of(series):g} s", []).append(series)
    return dict(found)


def step_of(series: LabelledSeries) -> float:
    """The usual time between two values, in seconds."""
    return float(np.median(np.diff(series.times)))


def shares(config: AnomalyDetectionConfig, corpora: Mapping[str, Corpus]) -> dict[str, Shares]:
    """The shares by corpus, for a config; its sensitivity changes neither scores nor probabilities."""
    least, column = (_RARE, RARITY) if is_model(config) else (SCORES[0], "score")
    lowest = msgspec.structs.replace(config, sensitivity_score=least)
    verdicts = judge_together(engine_detector(lowest, column, Publish.ANOMALIES), corpora)
    return {name: Shares.of(corpora[name], verdicts[name]) for name in corpora}


def alerts(config: AnomalyDetectionConfig, corpora: Mapping[str, Corpus]) -> dict[str, Alerts]:
    """The alerts by corpus, for a config with the thresholds of ``RATES``; a corpus has one step."""
    found = {}
    for name, corpus in corpora.items():
        step_s, normal = step_of(corpus[0]), [normal_rows(series) for series in corpus]
        weeks = float(sum(rows.sum() for rows in normal)) * step_s / WEEK_S
        opened, promised = [], []
        for per_week in RATES.values():
            limited = with_budget(config, per_week, step_s)
            verdicts = judge_together(engine_detector(limited, "score", Publish.NONE), {name: corpus})[name]
            opened.append(sum(_count(one, rows) for one, rows in zip(verdicts, normal, strict=True)))
            promised.append(
                weeks * alerts_per_week(limited.alert_score, step_s, by_model=is_model(config)),
            )
        found[name] = Alerts(weeks, tuple(opened), tuple(promised))
    return found


def with_budget(config: AnomalyDetectionConfig, per_week: float, step_s: float) -> AnomalyDetectionConfig:
    """The config with the threshold that ``max_false_alarms`` gives it: never below its own."""
    score = threshold_of(per_week, step_s, by_model=is_model(config))
    return msgspec.structs.replace(config, alert_score=max(config.alert_score, score))


def is_model(config: AnomalyDetectionConfig) -> bool:
    """Whether a model judges."""
    return model_of(config.detectors, KINDS) is not None


def _count(verdict: Verdict, rows: Bools) -> int:
    assert verdict.alerts is not None  # the engine has a threshold
    return int((verdict.alerts & rows).sum())


def table(title: str, found: Mapping[str, Shares], factor: float) -> str:
    """The shares of kinds of one sort."""
    head = "".join(f"{f'score {score:.0f}':>14}" for score in SCORES)
    lines = [f"{title}: seen / promised, within a factor of {factor:g}", f"  {'':26}{'values':>10}{head}"]
    for name, one in found.items():
        lines.append(f"  {name:26}{one.values:10,}" + "".join(f"{cell:>14}" for cell in one.cells(factor)))
    return "\n".join(lines)


def alerts_table(title: str, found: Mapping[str, Alerts], factor: float) -> str:
    """The alerts of kinds of one sort."""
    head = "".join(f"{rate:>18}" for rate in RATES)
    lines = [f"{title}: alerts / promised, at most {factor:g} times", f"  {'':26}{'weeks':>10}{head}"]
    for name, one in found.items():
        lines.append(f"  {name:26}{one.weeks:10.1f}" + "".join(f"{cell:>18}" for cell in one.cells(factor)))
    return "\n".join(lines)


def main() -> int:
    """Parse the command line, run, print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="DIR", help="a folder of labelled corpora")
    parser.add_argument("--config", type=Path, metavar="FILE", help="measure this config, not the default")
    parser.add_argument("--series", type=int, default=20, help="series of each kind (default %(default)s)")
    arguments = parser.parse_args()
    try:
        config = read_config(arguments.config) if arguments.config else shipped_config()
        found = read_corpora(arguments.data) if arguments.data else {}
        real: dict[str, Corpus] = {}
        for name, corpus in found.items():
            steps = by_step(corpus, name)
            if not steps:
                log(f"{name}: not counted, because it has no labels")
            real |= steps
    except FAULTS as fault:
        log(f"{parser.prog}: {fault}")
        return 2
    sorts = (
        ("Stationary kinds", stationary(arguments.series), FACTOR),
        ("Hard kinds", hard(arguments.series), HARD_FACTOR),
        ("Real data without labels", real, HARD_FACTOR),
    )
    for title, corpora, factor in sorts:
        if corpora:
            print(table(title, shares(config, corpora), factor), end="\n\n", flush=True)
            print(alerts_table(title, alerts(config, corpora), factor), end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
