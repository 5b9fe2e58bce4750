"""Presets: defaults for a kind of metric.

A preset has the fields as a user would write them. The fields of the config take precedence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of metric."""

    doc: str
    """One line for users: which metrics, and what an anomaly is."""
    fields: Mapping[str, Any]
    """Default by name of the field."""


def _preset(doc: str, **fields: Any) -> Preset:
    return Preset(doc, MappingProxyType(fields))


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "latency": _preset(
            "Response times and queue lengths: skewed, with heavy tails. Finds jumps, lasting shifts and"
            " frozen values.",
            seasonality="daily",
            detectors=["modified_zscore", "spot", "cusum", "rate_of_change", "flat_line"],
            min_deviation={"relative": 0.1},
        ),
        "counter": _preset(
            "Totals that only rise and restart at 0: the increase per second is judged. Finds a total that"
            " stands still.",
            metric_type="counter",
            seasonality="daily",
            detectors=["modified_zscore", "spot", "flat_line", "missing_data"],
            min_deviation={"relative": 0.2},
        ),
        "utilisation": _preset(
            "Use of a capacity in percent: CPU, memory, disks, pools. Finds high values, and values that are"
            " pinned at a limit.",
            seasonality="daily",
            detectors=["modified_zscore", "spot", "cusum", "flat_line"],
            direction="above",
            min_deviation={"absolute": 5.0},
            resolve_after=10,
        ),
        "business": _preset(
            "Orders, logins, payments: counts with daily and weekly seasons. Highs and lows are anomalous.",
            baseline_period="28d",
            seasonality=["daily", "weekly"],
            detectors=["modified_zscore", "spot"],
        ),
        "sensor": _preset(
            "Physical readings: noise around a level. Finds sensors that freeze, jump, drift or fall silent.",
            detectors=["modified_zscore", "spot", "cusum", "flat_line", "missing_data", "rate_of_change"],
        ),
    }
)
"""By the name that ``preset`` of a config gives."""


BESIDE_A_SEASON = ("zscore", "modified_zscore", "iqr")
"""Default detectors of a config with a `seasonality`: models learn day and week themselves."""


def with_defaults(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """``document`` with the defaults of its preset and its seasonality; an unknown preset has none."""
    name = document.get("preset")
    preset = PRESETS.get(name) if isinstance(name, str) else None
    fields = {} if preset is None else dict(preset.fields)
    if "detectors" not in fields and document.get("seasonality", "none") != "none":
        fields["detectors"] = list(BESIDE_A_SEASON)
    return {**fields, **document}
