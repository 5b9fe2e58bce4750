"""Label matchers that no value of the label can satisfy together."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, groupby

from anomaly_stream.model.config import LabelMatcher
from anomaly_stream.registry.matching import are_disjoint, holds, matches_everything, matches_nothing

_LITERALS = re.compile(r"[\w -]+(\|[\w -]+)*")


def contradictions(matchers: Sequence[LabelMatcher]) -> Iterator[str]:
    """The faults of labels whose matchers exclude each other, or exclude every value."""
    by_name = sorted(matchers, key=lambda matcher: matcher.name)
    for name, group in groupby(by_name, key=lambda matcher: matcher.name):
        of_label = list(group)
        values = list(dict.fromkeys(matcher.value for matcher in of_label if matcher.op == "="))
        if len(values) > 1:
            either = "|".join(re.escape(value).replace(r"\-", "-") for value in values)
            yield (
                f"{name}: no series has both {values[0]!r} and {values[1]!r}, because all matchers of a list "
                f'must hold: for either of them write "=~{either}"'
            )
        elif values:
            for matcher in of_label:
                if not holds(matcher, values[0]):
                    other = matcher.op + matcher.value
                    yield f"{name}: {values[0]!r} and {other!r} exclude each other: remove one of them"
        else:
            yield from _excluding_patterns(name, of_label)
        for matcher in of_label:
            if matcher.op == "!~" and matches_everything(matcher.value):
                yield f"{name}: '!~{matcher.value}' excludes every series: remove it"


def _excluding_patterns(name: str, of_label: Sequence[LabelMatcher]) -> Iterator[str]:
    """The faults of a label's patterns: alone, with each other, and with what other matchers exclude."""
    patterns = [matcher for matcher in of_label if matcher.op == "=~"]
    for pattern in patterns:
        if matches_nothing(pattern.value):
            yield (
                f"{name}: no value matches '=~{pattern.value}': '^' holds at the begin of the value and '$' "
                "at its end, and both are implied: remove them"
            )
    for one, other in combinations(patterns, 2):
        if are_disjoint(one.value, other.value):
            yield (
                f"{name}: no value matches both {one.value!r} and {other.value!r}, because all matchers of a "
                f'list must hold: for either of them write "=~{one.value}|{other.value}"'
            )
    for pattern in patterns:
        for matcher in of_label:
            if matcher.op.startswith("!") and _excludes(matcher, pattern.value):
                both = f"{_written([pattern])} and {_written([matcher])}"
                yield f"{name}: {both} exclude each other: remove one of them"


def _excludes(matcher: LabelMatcher, pattern: str) -> bool:
    """Whether certainly no value that ``pattern`` matches satisfies ``matcher``."""
    if matcher.op == "!~" and matcher.value == pattern:
        return True
    literals = pattern.split("|") if _LITERALS.fullmatch(pattern) else []
    return bool(literals) and not any(holds(matcher, value) for value in literals)


def excluded_instances(members: Mapping[str, Sequence[LabelMatcher]], by: Sequence[str]) -> Iterator[str]:
    """The faults of members of which no instance can hold two: one fault for each label of ``by``."""
    for name in by:
        of_label = {
            member: [matcher for matcher in matchers if matcher.name == name]
            for member, matchers in members.items()
        }
        for one, other in combinations(of_label, 2):
            if any(contradictions([*of_label[one], *of_label[other]])):
                yield (
                    f"no instance can hold both {one} and {other}: members of an instance share the value of "
                    f"{name!r}, and {_written(of_label[one])} excludes {_written(of_label[other])}: remove "
                    f"{name!r} from by, or from the match of one of them"
                )
                break


def _written(matchers: Sequence[LabelMatcher]) -> str:
    return " with ".join(repr(matcher.op + matcher.value) for matcher in matchers)
