"""Which series a config names: ``metric`` and ``match``, parsed, and refused where they can match nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence

from anomaly_stream.model.config import LabelMatcher
from anomaly_stream.model.series import MAX_NAME_BYTES
from anomaly_stream.registry.exclusions import contradictions
from anomaly_stream.registry.matching import compile_pattern
from anomaly_stream.registry.yaml_json import as_written

_MATCHER = re.compile(r"(=~|!~|!=|=)?(.*)", re.DOTALL)
_OPERATOR_OF_LABELS = re.compile(r"(=~|!~|!=|~|=)(.*)", re.DOTALL)
_ALTERNATIVES = re.compile(r"\{[^{}=\"']*,[^{}=\"']*\}")
_STAR_AFTER_TEXT = re.compile(r"(?<![\\.\])}])([\w-])\*")
_LOOKS_LIKE_REGEX = re.compile(r"^\^|\$$|\\[.dws]|\.\+|\w\|\w")


def check_metric(metric: str) -> str:
    """The metric. Raises ValueError if it is too long, or a pattern that cannot match as it is meant."""
    if len(metric.encode()) > MAX_NAME_BYTES:
        raise ValueError(f"must be at most {MAX_NAME_BYTES} bytes")
    if found := _OPERATOR_OF_LABELS.match(metric):
        glob = re.sub(r"\.[*+]", "*", found[2]) or "*"
        raise ValueError(
            f"{metric!r} begins with {found[1]!r}, an operator of match: metric is a name or a glob such as "
            f"{glob!r}"
        )
    if found := _ALTERNATIVES.search(metric):
        wide = re.sub(r"\*+", "*", metric.replace(found[0], "*", 1))
        raise ValueError(
            f"{found[0]!r} is no list of alternatives in a glob: write one config for each name, or a wider "
            f"glob such as {wide!r} ('[{{]' is a literal brace)"
        )
    return metric


def metric_warnings(metric: str) -> Iterator[str]:
    """What is probably not meant as it is written."""
    if metric != metric.strip():
        yield f"{metric!r} begins or ends with a space, and names are matched exactly: remove it"
    if _LOOKS_LIKE_REGEX.search(metric):
        yield (
            f"{metric!r} looks like a regular expression, but metric is a name or a glob ('*', '?', '[...]')"
        )
    if "{" in metric and "=" in metric:
        yield f"{metric!r} is matched as a name, braces included: labels belong in match"


def parse_match(value: object) -> tuple[LabelMatcher, ...]:
    """Label matchers from ``{site: A, host: "=~web-.*", env: ["!=test", "!~dev.*"]}``.

    A value can begin with an operator (``=``, ``!=``, ``=~``, ``!~``); without one it is ``=``. Several
    matchers of one label are a list, and all of them must hold.

    Raises:
        ValueError: with all faults, including matchers that no value of the label can satisfy together.
    """
    if not isinstance(value, Mapping):
        raise ValueError('must be a mapping of label names to values, such as {site: A, host: "=~web-.*"}')
    faults: list[str] = []
    matchers: list[LabelMatcher] = []
    for name, written in value.items():
        if not isinstance(name, str) or not 0 < len(name.encode()) <= MAX_NAME_BYTES:
            faults.append(f"{name!r} is not a label name (a string of 1 to {MAX_NAME_BYTES} bytes)")
            continue
        if written == []:
            faults.append(f"{name}: the list is empty: name a matcher, or remove the label")
        for text in written if isinstance(written, list) else [written]:
            try:
                matchers.append(_matcher(name, text))
            except ValueError as error:
                faults.append(f"{name}: {error}")
    faults += contradictions(matchers)
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(sorted(matchers, key=lambda matcher: (matcher.name, matcher.op, matcher.value)))


def match_warnings(matchers: Sequence[LabelMatcher]) -> Iterator[str]:
    """What is probably not meant as it is written."""
    for matcher in matchers:
        written = f"{matcher.op}{matcher.value}"
        if matcher.name != matcher.name.strip():
            yield f"the name {matcher.name!r} begins or ends with a space: remove it"
        if matcher.value != matcher.value.strip():
            yield f"{matcher.name}: {matcher.value!r} begins or ends with a space: remove it"
        if matcher.op in ("=~", "!~"):
            if found := _STAR_AFTER_TEXT.search(matcher.value):
                likely = matcher.op + _STAR_AFTER_TEXT.sub(r"\1.*", matcher.value)
                yield (
                    f"{matcher.name}: '*' in {written!r} repeats {found[1]!r}, because it is a regular "
                    f"expression: for any text write {likely!r}"
                )
            if matcher.op == "=~" and matcher.value == ".*":
                yield f"{matcher.name}: '=~.*' matches every series: to require the label write '=~.+'"
        elif matcher.op == "!=" and is_pattern(matcher.value):
            yield (
                f"{matcher.name}: {written!r} excludes that very value: to exclude by a pattern write "
                f"'!~{_as_pattern(matcher.value)}'"
            )
        elif matcher.op == "=" and re.match(r"=(?!~)", matcher.value):
            yield f"{matcher.name}: '=={matcher.value[1:]}' is the value {matcher.value!r}: write one '='"
        elif matcher.op == "=" and "," in matcher.value.strip(","):
            either = "|".join(part.strip() for part in matcher.value.split(","))
            yield (
                f"{matcher.name}: {matcher.value!r} is one value, comma included: for either of several "
                f"write '=~{either}'"
            )


def _matcher(name: str, text: object) -> LabelMatcher:
    if not isinstance(text, str):
        raise ValueError(f"label values are strings: write '{as_written(text)}' in quotes")
    if text[:1] in ("~", "!") and text[:2] not in ("!=", "!~"):
        raise ValueError(f"{text!r} begins with half an operator; operators are =, !=, =~ and !~")
    if text.startswith("!=~"):
        raise ValueError(f"{text!r} begins with no operator: to exclude by a pattern write '!~{text[3:]}'")
    operator, operand = _MATCHER.fullmatch(text).groups()  # type: ignore[union-attr]
    if operator in ("=~", "!~"):
        compile_pattern(operand)
    elif operator is None and is_pattern(operand):
        raise ValueError(
            f'{text!r} is matched exactly, not as a pattern: write "=~{_as_pattern(operand)}" for a pattern, '
            f'or "={operand}" for that very value'
        )
    return LabelMatcher(name, operator or "=", operand)


def is_pattern(value: str) -> bool:
    """Whether a value that is compared exactly looks like a glob or a regular expression."""
    return bool("*" in value or _ALTERNATIVES.search(value) or _LOOKS_LIKE_REGEX.search(value))


def _as_pattern(value: str) -> str:
    """The regular expression that is probably meant by a glob, or by a regular expression without ``=~``."""
    if _LOOKS_LIKE_REGEX.search(value) or ".*" in value:
        return value
    parts = re.split(r"(\*|\{[^{}]*\})", value)
    return "".join(_glob_part(part) for part in parts)


def _glob_part(part: str) -> str:
    if part == "*":
        return ".*"
    if _ALTERNATIVES.fullmatch(part):
        return f"({part[1:-1].replace(',', '|')})"
    return re.escape(part).replace(r"\-", "-")
