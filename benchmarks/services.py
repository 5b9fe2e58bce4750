"""``python -m benchmarks.services --data DIR``: a group for each service, beside the alerts of its members.

DIR has a file for each service: ``timestamp``, its metrics, ``label`` (1: the service as a whole is
anomalous) and ``scored`` (0: warm-up). The group has every metric as a member, in its own unit, and a vector
per row; all services have the same configuration. Vectors run through the worker's own pipeline of groups.

The rivals judge each metric by itself; the alerts of a service are those of any of its metrics, so the score
of a row is the highest of its metrics. Episodes, segments and false alarms are those of
``benchmarks.quality.segments``, and each contender has one threshold for all services: the one with the
highest recall at no more than one false alarm per service-week, and the shipped one.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from anomaly_stream.groups.detectors.registry import NAMES
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model import AnomalyDetectionConfig, Publish
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.settings import Settings
from benchmarks.data_files import DataError, Table, csv_files
from benchmarks.group_verdicts import SENSITIVITY, config_of, verdicts
from benchmarks.quality.commands import FAULTS, log
from benchmarks.quality.ours import engine_detector
from benchmarks.quality.parallel import judge_together
from benchmarks.quality.segments import Count, Curve
from benchmarks.quality.series import LabelledSeries, Verdict, runs

WARM_UP = 400
"""The shipped ``min_observations`` of groups."""
FALSE_A_WEEK = 1.0
NO_MEMBERS = ("timestamp", "label", "scored")
MEMBERS_ALONE: Mapping[str, Mapping[str, Any]] = {
    "any member, default": {},
    "any member, zscore": {"detectors": ["zscore"]},
    "any member, zscore, modified_zscore, iqr": {"detectors": ["zscore", "modified_zscore", "iqr"]},
}
_DAY_S = 86_400.0
_LOWEST = 20.0
"""Scores of members below this one are not told apart."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its labels as a series without values of its own, and its vectors [rows, members]."""

    labels: LabelledSeries
    vectors: Floats


@dataclass(frozen=True, slots=True)
class Contender:
    """A detector of services, with the score of each row by service."""

    name: str
    scores: Sequence[Floats]
    shipped: float
    """Its shipped threshold."""


def read(path: Path) -> Service:
    """Read one file.

    Raises:
        DataError: it has a fault.
    """
    table = Table.read(path, NO_MEMBERS)
    members = [name for name in table.columns if name not in NO_MEMBERS]
    if not members:
        raise DataError(f"{path}: no column of a metric beside {', '.join(NO_MEMBERS)}")
    labels = LabelledSeries(
        name=path.stem,
        times=table.numbers("timestamp"),
        values=np.zeros(len(table.lines)),
        anomalies=runs(table.labels("label", (0, 1)) == 1),
        warm_up=int((table.labels("scored", (0, 1)) == 1).argmax()),
    )
    table.check_order("timestamp", labels.times)
    return Service(labels, np.stack([table.numbers(name) for name in members], axis=1))


def load(folder: Path) -> list[Service]:
    """All files of a folder, in the order of their names.

    Raises:
        DataError: there is none, or one has a fault.
    """
    return [
        read(path)
        for path in csv_files(folder, "*.csv", "<service>.csv", "give the folder that contains them")
    ]


def group(services: Sequence[Service], detectors: Sequence[str]) -> Contender:
    """Groups with these detectors; without any, the default."""
    scores = []
    for service in services:
        step = float(np.median(np.diff(service.labels.times)))
        config = config_of(service.vectors.shape[1], detectors, SENSITIVITY, WARM_UP, step)
        records = verdicts(service.vectors, config)
        scores.append(np.array([record.score or 0.0 for record in records]))
    return Contender(f"group, {', '.join(detectors) or 'default'}", scores, SENSITIVITY)


def members_alone(name: str, services: Sequence[Service]) -> Contender:
    """Every metric by itself under a config; the highest alert score of a service's metrics counts."""
    config = parse_config({"metric": "*", **MEMBERS_ALONE[name]}, config_context(Settings()))
    assert isinstance(config, AnomalyDetectionConfig)
    lowest = msgspec.structs.replace(config, sensitivity_score=_LOWEST)
    corpora = {
        service.labels.name: [
            LabelledSeries(str(place), service.labels.times, column, np.empty((0, 2), np.int64))
            for place, column in enumerate(service.vectors.T.copy())
        ]
        for service in services
    }
    found = judge_together(engine_detector(lowest, "alert_score", Publish.ANOMALIES), corpora)
    scores = [np.max([one.scores for one in members], axis=0) for members in found.values()]
    return Contender(name, scores, config.alert_score)


def line(services: Sequence[Service], contender: Contender) -> str:
    """The counts of one contender."""
    curve = Curve.of(
        [service.labels for service in services], [Verdict(scores, None) for scores in contender.scores]
    )
    best = curve.best_recall(FALSE_A_WEEK)
    counts = (curve.at(best), curve.at(contender.shipped), curve.at(curve.best()))
    return f"{contender.name:44}{best:8.1f}" + "".join(map(_cells, counts))


def with_halves(services: Sequence[Service], contender: Contender) -> Iterator[str]:
    """Its counts, and those of every other service, each half at a threshold of its own."""
    yield line(services, contender)
    for half in (0, 1):
        part = Contender(f"  half {half + 1} of the services", contender.scores[half::2], contender.shipped)
        yield line(services[half::2], part)


def season_share(services: Sequence[Service]) -> float:
    """The share of the variance of the median metric that the mean of each time of day explains.

    Each metric is clipped to its quantiles 0.01 and 0.99; one that is constant then does not count.
    """
    shares = []
    for service in services:
        day = round(_DAY_S / float(np.median(np.diff(service.labels.times))))
        for metric in service.vectors.T:
            clipped = np.clip(metric, *np.quantile(metric, (0.01, 0.99)))
            days = clipped[: len(clipped) // day * day].reshape(-1, day)
            if days.size and days.var() > 0.0:
                shares.append(float(days.mean(axis=0).var() / days.var()))
    return float(np.median(shares)) if shares else 0.0


def report(services: Sequence[Service]) -> Iterator[str]:
    """Every figure on a line of its own."""
    yield f"{len(services)} services; found: segments; false: alarms per service-week"
    yield f"time of day explains {season_share(services):.0%} of the variance of the median metric"
    yield f"{'':44}{'at most':>8}{f'{FALSE_A_WEEK:g} false a week':>18}{'as shipped':>18}{'best F1':>18}"
    yield f"{'':44}{'score':>8}" + f"{'found':>8}{'false':>10}" * 3
    yield from with_halves(services, group(services, ()))
    for name in MEMBERS_ALONE:
        yield from with_halves(services, members_alone(name, services))
    for name in NAMES:
        yield line(services, group(services, [name]))


def _cells(count: Count) -> str:
    return f"{f'{count.found}/{count.segments}':>8}{count.false_a_week:10.2f}"


def main() -> int:
    """Parse the command line, run, print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.services", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with the CSV files")
    try:
        found = load(parser.parse_args().data)
    except FAULTS as fault:
        log(f"{parser.prog}: {fault}")
        return 2
    for each in report(found):
        print(each, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
