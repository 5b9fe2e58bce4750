"""Which routes an earlier sibling leaves nothing to."""

import itertools
import math
from collections.abc import Mapping, Sequence

from anomaly_stream.notify.matchers import Matcher, values_of

_MOST_COMBINATIONS = 10_000


def is_shadowed(matchers: Sequence[Matcher], earlier: Sequence[Sequence[Matcher]]) -> bool:
    """Whether every event that satisfies ``matchers`` satisfies all matchers of an earlier route.

    Decided are equal matchers, those that every value satisfies, and names whose values are known: fields
    with few values, and those whose values ``=`` or a list such as ``a|b`` gives. Other patterns are taken to
    leave something.
    """
    known: dict[str, Sequence[str]] = {}
    for name in dict.fromkeys(each.name for each in itertools.chain(*earlier)):
        if (values := values_of(name, matchers)) is not None:
            known[name] = values
    if math.prod(map(len, known.values())) > _MOST_COMBINATIONS:
        return False
    open_parts = [
        [each for each in one if each.name in known]
        for one in earlier
        if all(each.name in known or each in matchers or each.holds_always for each in one)
    ]
    return all(
        any(all(each.holds(fields) for each in part) for part in open_parts)
        for fields in _combinations(known)
    )


def _combinations(known: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    return [dict(zip(known, values, strict=True)) for values in itertools.product(*known.values())]
