"""``python -m benchmarks.noise``: alerts per series and week on noise, at the shipped thresholds.

Twenty series of each kind of noise: white, autocorrelated (AR(1) with 0.9), heavy-tailed (Laplace), and white
on a daily wave of four times its size; one value per 10 s, minute, 5 minutes and hour. Level 50, standard
deviation 10. The time includes the learning phase.
"""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.settings import Settings
from benchmarks import normal_kinds
from benchmarks.normal_kinds import Kind
from benchmarks.presets import alerts_of, batch_of

_SERIES = 20
_SPANS = {10.0: 3, 60.0: 7, 300.0: 28, 3600.0: 84}
"""The length in days by step in seconds."""
_CONTENDERS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "zscore, modified_zscore, iqr": {"detectors": ["zscore", "modified_zscore", "iqr"]},
}


KINDS: Mapping[str, Kind] = {
    "white": normal_kinds.white,
    "autocorrelated": normal_kinds.autocorrelated,
    "heavy-tailed": normal_kinds.laplace,
    "daily wave": normal_kinds.daily,
}


def alerts_per_week(config: AnomalyDetectionConfig, kind: str, step_s: float, days: float) -> float:
    """Alerts per series and week on a kind of noise."""
    times = 1.7e9 + step_s * np.arange(round(days * 86_400 / step_s), dtype=np.float64)
    values = 50.0 + 10.0 * KINDS[kind](np.random.default_rng(1), times, _SERIES)
    series = [Series.of("noise", {"number": str(number)}) for number in range(_SERIES)]
    numbers = np.tile(np.arange(_SERIES), len(times))
    batch = batch_of(numbers, np.repeat(times, _SERIES), values.ravel())
    return len(alerts_of(series, batch, config)) / (_SERIES * days / 7)


def main() -> int:
    """Print the table."""
    context = config_context(Settings())
    print(f"Alerts per series and week on noise ({_SERIES} series each)")
    print(f"  {'noise':<16}{'step':>8}" + "".join(f"{name:>32}" for name in _CONTENDERS))
    for kind in KINDS:
        for step_s, days in _SPANS.items():
            line = f"  {kind:<16}{step_s:>6.0f} s"
            for fields in _CONTENDERS.values():
                config = parse_config({"metric": "*", **fields}, context)
                assert isinstance(config, AnomalyDetectionConfig)
                line += f"{alerts_per_week(config, kind, step_s, days):>32.2f}"
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
