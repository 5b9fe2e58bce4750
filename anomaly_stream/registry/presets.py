"""Presets: defaults of the other fields of a config that fit a kind of metric, or its season.

A preset is spelled as a user would spell it; what a config says itself wins, field by field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of metric."""

    doc: str
    """One line for people: which metrics, and what counts as an anomaly of them."""
    fields: Mapping[str, Any]
    """By name of the field, in place of its default."""


def _preset(doc: str, **fields: Any) -> Preset:
    return Preset(doc, MappingProxyType(fields))


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "latency": _preset(
            "Response times and queue lengths: skewed, with heavy tails; jumps, and clients that hang.",
            detectors=["modified_zscore", "spot", "rate_of_change", "flat_line"],
            min_deviation={"relative": 0.1},
        ),
        "counter": _preset(
            "Totals that only rise, and begin again at 0: what they rise by, a second, is judged.",
            metric_type="counter",
            detectors=["modified_zscore", "spot", "missing_data"],
            min_deviation={"relative": 0.2},
        ),
        "utilisation": _preset(
            "Shares of a capacity, in percent: CPU, memory, disks, pools; only fuller is worse.",
            detectors=["modified_zscore", "spot", "cusum"],
            direction="above",
            min_deviation={"absolute": 5.0},
            resolve_after=10,
        ),
        "business": _preset(
            "Orders, logins, payments: counts with a day and a week; both sides matter.",
            baseline_period="28d",
            seasonality=["daily", "weekly"],
            detectors=["modified_zscore", "spot"],
        ),
        "sensor": _preset(
            "Physical readings: noise around a level; a sensor may freeze, jump, drift or fall silent.",
            detectors=["modified_zscore", "spot", "cusum", "flat_line", "missing_data", "rate_of_change"],
        ),
    }
)
"""By the name that ``preset`` of a config gives."""


BESIDE_A_SEASON = ("zscore", "modified_zscore", "iqr")
"""Detectors where a config has a `seasonality` and names none: models know day and week by themselves."""


def with_defaults(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """``document`` with what its preset and its season give and it does not; unknown presets give nothing."""
    name = document.get("preset")
    preset = PRESETS.get(name) if isinstance(name, str) else None
    fields = {} if preset is None else dict(preset.fields)
    if "detectors" not in fields and document.get("seasonality", "none") != "none":
        fields["detectors"] = list(BESIDE_A_SEASON)
    return {**fields, **document}
