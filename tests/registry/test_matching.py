import pytest

from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.config import LabelMatcher
from anomaly_stream.registry.matching import compile_pattern, matches


def watches(metric: str, series: Series, *matchers: tuple[str, str, str]) -> bool:
    config = AnomalyDetectionConfig(
        id="c", metric=metric, matchers=tuple(LabelMatcher(*matcher) for matcher in matchers)
    )
    return matches(config, series)


@pytest.mark.parametrize(
    ("pattern", "metric", "expected"),
    [
        ("flow", "flow", True),
        ("flow", "Flow", False),
        ("flow", "flow2", False),
        ("flow*", "flow2", True),
        ("*", "anything at all", True),
        ("cpu.?", "cpu.1", True),
        ("cpu.?", "cpu.10", False),
        ("cpu.[0-3]", "cpu.2", True),
        ("cpu.[!0-3]", "cpu.2", False),
        ("cpu.[[]0]", "cpu.[0]", True),
    ],
)
def test_metric_is_a_glob(pattern: str, metric: str, expected: bool) -> None:
    assert watches(pattern, Series(metric)) is expected


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        (("site", "=", "A"), True),
        (("site", "=", "a"), False),
        (("site", "!=", "B"), True),
        (("site", "!=", "A"), False),
        (("host", "=~", "web-.*"), True),
        (("host", "=~", "web"), False),
        (("host", "=~", "db|web-1"), True),
        (("host", "!~", "web"), True),
        (("host", "!~", "web-\\d"), False),
        (("absent", "=", ""), True),
        (("absent", "!=", "x"), True),
        (("absent", "=~", ".+"), False),
        (("absent", "!~", ".+"), True),
    ],
)
def test_label_matchers(matcher: tuple[str, str, str], expected: bool) -> None:
    assert watches("flow", Series.of("flow", {"site": "A", "host": "web-1"}), matcher) is expected


def test_no_pattern_backtracks() -> None:
    """Under a backtracking engine this takes 2^45 steps."""
    series = Series.of("m", {"host": "a" * 45 + "!"})
    assert not watches("m", series, ("host", "=~", "(a+)+"))
    assert watches("m", series, ("host", "=~", "(a|aa|.)*"))


@pytest.mark.parametrize(
    ("pattern", "cure"),
    [
        ("(?=a).*", "RE2 has no look-around"),
        ("(?<!a)b", "RE2 has no look-around"),
        (r"(a)\1", "no back-references"),
        ("*-web", "write '.*'"),
        ("a{2000}", "at most 1000"),
        ("(", "missing )"),
    ],
)
def test_what_re2_refuses_gets_a_cure(pattern: str, cure: str) -> None:
    with pytest.raises(ValueError, match="is not a regular expression") as caught:
        compile_pattern(pattern)
    assert cure in str(caught.value)


def test_a_pattern_sees_line_ends() -> None:
    assert watches("m", Series.of("m", {"text": "a\nb"}), ("text", "=~", "a.b"))
    assert not watches("m", Series.of("m", {"text": "a\n"}), ("text", "=~", "a"))


def test_all_matchers_must_hold() -> None:
    series = Series.of("flow", {"site": "A", "host": "web-1"})
    assert watches("flow", series, ("site", "=", "A"), ("host", "=~", "web-.*"))
    assert not watches("flow", series, ("site", "=", "A"), ("host", "=~", "db-.*"))
