"""Names that other systems give to the fields of an observation: a fault, which says what ours are."""

from collections.abc import Mapping
from typing import Any

OF_LABELS = (
    *("tags", "tag", "label", "dimensions", "attributes"),
    *("Labels", "Tags", "Dimensions", "Attributes"),
)
"""Without labels they are a fault: the hosts of a metric would silently be one series."""
_OF_FIELDS = {
    "metric": ("name", "metric_name", "measurement", "Metric", "Name"),
    "value": ("val", "values", "Value", "Val"),
}


def did_you_mean(field: str, element: Mapping[str, Any]) -> str:
    """What to add to the fault that a field is missing."""
    for name in _OF_FIELDS.get(field, ()):
        if name in element:
            return f": {name!r} is not a field of an observation; did you mean {field!r}?"
    return ""
