"""The field ``no_data`` of a config."""

import pytest

from tests.registry.test_parsing import faults, parse


@pytest.mark.parametrize(
    ("written", "limit"),
    [(0, (0.0, 0.0)), ("auto", (60.0, 5.0)), ("10m", (600.0, 0.0)), ("10s", (10.0, 0.0))],
)
def test_a_limit(written: object, limit: tuple[float, float]) -> None:
    config = parse(no_data=written)
    assert (config.no_data_s, config.no_data_steps) == limit
    assert config.asks_for_data is (limit != (0.0, 0.0))


def test_the_default_is_never() -> None:
    assert not parse().asks_for_data


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"no_data": "soon"}, "must be auto, 0 or a duration such as 10m, not 'soon'"),
        ({"no_data": True}, "must be auto, 0 or a duration such as 10m, not true"),
        ({"no_data": "5s"}, "must be auto, 0 or at least 10s"),
        (
            {"no_data": "2h", "series_ttl": "1h"},
            "must be shorter than series_ttl: shorten it, or set a longer",
        ),
    ],
)
def test_a_fault_names_its_cure(document: dict[str, object], message: str) -> None:
    assert message in faults({"metric": "flow", **document})["no_data"]
