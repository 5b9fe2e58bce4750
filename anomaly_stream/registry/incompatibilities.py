"""Which detectors can work together under one config."""

from collections.abc import Mapping, Sequence

MODEL, CALIBRATOR, POINT = "model", "calibrator", "point"
"""Kinds of detectors that the rules are about."""


def misfits(names: Sequence[str], kinds: Mapping[str, str]) -> list[str]:
    """What is wrong with these detectors together; ``kinds`` has the kind of each (of all that are known)."""
    if not names:
        return ["name at least one"]
    of_kind: dict[str, list[str]] = {}
    for name in names:
        of_kind.setdefault(kinds.get(name, POINT), []).append(name)
    faults = []
    if MODEL in of_kind and len(names) > 1:
        faults.append(f"{of_kind[MODEL][0]!r} is a baseline of its own: nothing can stand beside it")
    calibrators = of_kind.get(CALIBRATOR, [])
    if calibrators and POINT not in of_kind:
        faults.append(f"{calibrators[0]!r} calibrates others: name one of them too")
    if len(calibrators) > 1:
        faults.append(f"{calibrators[0]!r} and {calibrators[1]!r} would calibrate each other: name one")
    return faults


def seasonless(names: Sequence[str], kinds: Mapping[str, str]) -> str | None:
    """The first of these detectors that no `seasonality` reaches: a model, which has its own baseline."""
    return next((name for name in names if kinds.get(name) == MODEL), None)
