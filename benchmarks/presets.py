"""``python -m benchmarks.presets``: false alarms of presets, the default and z-score at equal recall.

The data are river's WaterFlow, whose description names its anomalous stretches, and the simulated fleet with
injected faults (at a quarter of their strength; at full strength even z-score has no false alarms).
Each contender runs through the engine as in a worker, at thresholds from 20 to 100 for both sensitivity and
alert threshold. A stretch is found if an alert opens in it or within an hour after it; any other alert is
false. At each recall each contender has its best threshold.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from river.datasets import WaterFlow

from anomaly_stream.demo.scenario import Stretch
from anomaly_stream.demo.sources import FLOW, FLOW_STRETCHES
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.engine.step import step
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.model import AnomalyDetectionConfig, ObservationColumns, Series, SeverityBands, Transition
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.settings import Settings
from benchmarks.fleet import simulate

THRESHOLDS = tuple(range(20, 101, 5))
_SLACK_S = 3600.0
_HOSTS, _DAYS, _STRENGTH = 60, 28, 0.25


@dataclass(frozen=True, slots=True)
class Scene:
    """Data with known stretches, the config fields of all contenders, and the matching preset."""

    name: str
    series: tuple[Series, ...]
    batch: ObservationColumns
    stretches: tuple[Stretch, ...]
    common: Mapping[str, Any]
    preset: str


@dataclass(frozen=True, slots=True)
class Count:
    """The number of detected stretches and of false alarms at one threshold."""

    threshold: int
    found: int
    false: int


def water_flow() -> Scene:
    """River's WaterFlow: an hourly flow with daily and weekly season, and four known stretches."""
    rows = [(features["Time"].timestamp(), value) for features, value in WaterFlow()]
    times, values = np.array(rows).T
    batch = batch_of(np.zeros(len(rows), np.int64), times, values)
    common = {"baseline_period": "14d", "min_observations": 48}
    return Scene("WaterFlow", (FLOW,), batch, FLOW_STRETCHES, common, "business")


def fleet(hosts: int = _HOSTS, days: int = _DAYS, strength: float = _STRENGTH) -> Scene:
    """The simulated fleet: latencies of hosts, with a fault in every second host."""
    made = simulate(hosts, days, strength=strength)
    numbers = np.tile(np.arange(hosts), len(made.timestamps))
    batch = batch_of(numbers, np.repeat(made.timestamps, hosts), made.values.T.ravel())
    name = f"Fleet, {hosts} hosts, {days} days"
    return Scene(name, made.series, batch, made.faults, {"min_observations": 288}, "latency")


def batch_of(series: np.ndarray, times: np.ndarray, values: np.ndarray) -> ObservationColumns:
    """Columns of observations of series by number, in order."""
    count = len(values)
    return ObservationColumns(
        series=series,
        timestamp=times,
        value=values,
        learn=np.zeros(count, np.bool_),
        offset=np.arange(count),
        record=np.arange(count),
    )


def alerts_of(
    series: Sequence[Series], batch: ObservationColumns, config: AnomalyDetectionConfig
) -> list[tuple[Series, float]]:
    """Series and time of each alert that opens."""
    bank = Bank(compile_plan([config], SeverityBands()))
    bank.admit(series)
    out = step(bank.plan, bank, batch)
    opened = out.observation[out.transition == Transition.FIRING]
    return [(series[batch.series[i]], float(batch.timestamp[i])) for i in opened.tolist()]


def count(scene: Scene, config: AnomalyDetectionConfig, threshold: int) -> Count:
    """Count detected stretches and false alarms at a threshold."""
    at = msgspec.structs.replace(config, sensitivity_score=threshold, alert_score=threshold)
    found: set[Stretch] = set()
    false = 0
    for series, time in alerts_of(scene.series, scene.batch, at):
        hits = [
            one for one in scene.stretches if one.series == series and one.start <= time <= one.end + _SLACK_S
        ]
        found.update(hits)
        false += not hits
    return Count(threshold, len(found), false)


def counts(scene: Scene, fields: Mapping[str, Any]) -> list[Count]:
    """The counts of a config with these fields, at each threshold."""
    context = config_context(Settings())
    config = parse_config({"metric": "*", **scene.common, **fields}, context)
    assert isinstance(config, AnomalyDetectionConfig)
    return [count(scene, config, threshold) for threshold in THRESHOLDS]


def best_at(recall: int, counted: Sequence[Count]) -> Count | None:
    """The count with the fewest false alarms among those that detect ``recall`` stretches; of equal ones, the
    one with the highest threshold."""
    enough = [one for one in counted if one.found >= recall]
    return min(enough, key=lambda one: (one.false, -one.threshold), default=None)


def table(scene: Scene) -> str:
    """A table of false alarms at each recall that any contender reaches."""
    contenders = {
        "zscore": counts(scene, {"detectors": ["zscore"]}),
        f"preset {scene.preset}": counts(scene, {"preset": scene.preset}),
        "default": counts(scene, {}),
    }
    total = len(scene.stretches)
    lines = [f"{scene.name}: {len(scene.batch)} values, {total} stretches", f"  {'found':>8}"]
    lines[-1] += "".join(f"{name + ': false alarms':>36}" for name in contenders)
    recalls = sorted({one.found for counted in contenders.values() for one in counted if one.found})
    for recall in reversed(recalls):
        line = f"  {recall:>4}/{total:<3}"
        for counted in contenders.values():
            best = best_at(recall, counted)
            said = f"{best.false} (at {best.threshold})" if best else "not reached"
            line += f"{said:>36}"
        lines.append(line)
    return "\n".join(lines)


def main() -> int:
    """Print both tables."""
    print("\n\n".join(table(scene) for scene in (water_flow(), fleet())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
