import pytest

from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.config import LabelMatcher
from anomaly_stream.registry.matching import matches


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


def test_a_pattern_sees_line_ends() -> None:
    assert watches("m", Series.of("m", {"text": "a\nb"}), ("text", "=~", "a.b"))
    assert not watches("m", Series.of("m", {"text": "a\n"}), ("text", "=~", "a"))


def test_all_matchers_must_hold() -> None:
    series = Series.of("flow", {"site": "A", "host": "web-1"})
    assert watches("flow", series, ("site", "=", "A"), ("host", "=~", "web-.*"))
    assert not watches("flow", series, ("site", "=", "A"), ("host", "=~", "db-.*"))
