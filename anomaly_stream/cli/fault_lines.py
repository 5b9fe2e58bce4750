"""Faulty lines of an input, ready to print: a few of each kind, so that no kind hides another."""

from collections import Counter
from collections.abc import Iterator, Sequence

from anomaly_stream.alerts.wording import plural
from anomaly_stream.intake.options import LineFault

_SHOWN_OF_KIND = 5


def fault_lines(faults: Sequence[LineFault]) -> Iterator[str]:
    """The first faults of each file and reason, in input order, and the number of the others by reason."""
    seen: Counter[tuple[str, str]] = Counter()
    hidden: Counter[str] = Counter()
    for fault in faults:
        kind = fault.name, fault.reason.value
        seen[kind] += 1
        if seen[kind] <= _SHOWN_OF_KIND:
            yield str(fault)
        else:
            hidden[fault.reason.value] += 1
    if hidden:
        kinds = ", ".join(f"{reason} {count:,}" for reason, count in hidden.items())
        yield f"{plural(hidden.total(), 'more faulty line')}: {kinds}"
