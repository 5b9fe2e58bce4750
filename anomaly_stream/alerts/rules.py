"""The rules of a config's alerts for kernels: fields of every compiled config, of metrics and of groups."""

import numpy as np

from anomaly_stream.model.alert_rules import AlertRules

RULES: list[tuple[str, str]] = [
    ("alert_score", "f8"),
    ("open_after", "f8"),
    ("resolve_time", "f8"),
    ("resolve_below", "f8"),
    ("repeat_interval", "f8"),
    ("open_count", "i4"),
    ("open_of", "i4"),
    ("resolve_after", "i4"),
]
"""``AlertRules`` as fields of a record. ``resolve_below`` is the score below which an observation counts as
normal while the alert is open; ``resolve_time`` is ``resolve_after_s``."""


def compile_rules(record: np.void, rules: AlertRules, resolve_below: float) -> None:
    """Fill the fields ``RULES`` of a compiled config."""
    record["alert_score"] = rules.alert_score
    record["open_after"] = rules.open_after_s
    record["resolve_time"] = rules.resolve_after_s
    record["resolve_below"] = resolve_below
    record["repeat_interval"] = rules.repeat_interval_s
    record["open_count"] = rules.open_count
    record["open_of"] = rules.open_of
    record["resolve_after"] = rules.resolve_after
