"""Which detectors can be used together in one config."""

from collections.abc import Mapping, Sequence

MODEL, CALIBRATOR, POINT = "model", "calibrator", "point"
"""Kinds of detectors that the rules distinguish."""


def incompatibilities(names: Sequence[str], kinds: Mapping[str, str]) -> list[str]:
    """The faults of this combination of detectors; ``kinds`` has the kind of every known detector."""
    if not names:
        return ["name at least one"]
    of_kind: dict[str, list[str]] = {}
    for name in names:
        of_kind.setdefault(kinds.get(name, POINT), []).append(name)
    faults = []
    if MODEL in of_kind and len(names) > 1:
        faults.append(f"{of_kind[MODEL][0]!r} has a baseline of its own: it must be the only detector")
    calibrators = of_kind.get(CALIBRATOR, [])
    if calibrators and POINT not in of_kind:
        faults.append(f"{calibrators[0]!r} calibrates others: name one of them too")
    if len(calibrators) > 1:
        faults.append(f"{calibrators[0]!r} and {calibrators[1]!r} would calibrate each other: keep one")
    return faults


def model_of(names: Sequence[str], kinds: Mapping[str, str]) -> str | None:
    """The first model among the detectors: it has its own baseline, and `seasonality` does not apply."""
    return next((name for name in names if kinds.get(name) == MODEL), None)
