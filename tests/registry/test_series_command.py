import math

import msgspec
import pytest

from anomaly_stream.errors import ConfigError
from anomaly_stream.model import Series
from anomaly_stream.model.commands import CommandKind, KnownDeviation, SeriesCommand
from anomaly_stream.model.side import Side
from anomaly_stream.model.time_range import TimeRange
from anomaly_stream.registry.series_command import (
    command_key,
    decode_command,
    encode_command,
    ranges_left_out,
    taught_in_force,
)

FLOW = Series.of("flow", {"unit": "a"})


def command(left_out: TimeRange | None = None, config_id: str = "one") -> SeriesCommand:
    return SeriesCommand(
        kind=CommandKind.RESET if left_out is None else CommandKind.UNLEARN,
        config_id=config_id,
        series=FLOW,
        author="ada",
        issued_at_ms=1,
        left_out=left_out,
        position=7,
    )


@pytest.mark.parametrize(
    "left_out", [None, TimeRange(), TimeRange(end=0.1), TimeRange(1e9, math.inf), TimeRange(1, 2)]
)
def test_a_command_is_what_was_encoded(left_out: TimeRange | None) -> None:
    subject = command(left_out)
    assert decode_command(*encode_command(subject), 7) == subject


def taught(deviation: float = 2.5, side: Side = "above", position: int = 7) -> SeriesCommand:
    return SeriesCommand(
        kind=CommandKind.TEACH,
        config_id="one",
        series=FLOW,
        author="ada",
        issued_at_ms=1,
        known=KnownDeviation(side, deviation),
        alert_id="5f0c",
        position=position,
    )


def test_what_is_taught_is_a_record_for_each_side() -> None:
    assert decode_command(*encode_command(taught()), 7) == taught()
    assert command_key(taught()) == b'series/teach/one/above\0{"metric":"flow","labels":{"unit":"a"}}'
    assert command_key(taught(9.0)) == command_key(taught())
    assert command_key(taught(side="below")) != command_key(taught())
    assert taught().is_for_rows


@pytest.mark.parametrize("value", [b'"deviation":null', b'"deviation":-1.0'])
def test_a_deviation_that_is_none_is_refused(value: bytes) -> None:
    key, record = encode_command(taught())
    with pytest.raises(ConfigError, match=r"command|deviation"):
        decode_command(key, record.replace(b'"deviation":2.5', value), 7)


def test_what_is_known_is_what_was_taught_since_the_last_reset() -> None:
    key, reset = command_key(taught()), command()
    assert taught_in_force({}, key) is None
    assert taught_in_force({key: taught()}, key) == taught()
    assert taught_in_force({key: taught(0.0)}, key) is None
    for position, known in ((6, taught()), (8, None)):
        commands = {key: taught(), command_key(reset): msgspec.structs.replace(reset, position=position)}
        assert taught_in_force(commands, key) == known


def test_each_range_is_a_record_of_its_own() -> None:
    """Compaction keeps the newest record of a key: ranges add up, and a repeated one replaces itself."""
    keys = {
        encode_command(command(left_out))[0]
        for left_out in (TimeRange(1, 2), TimeRange(1, 3), TimeRange(1, 2))
    }
    assert len(keys) == 2
    assert encode_command(command())[0] == b'series/reset/one\0{"metric":"flow","labels":{"unit":"a"}}'


def test_a_record_under_another_key_is_refused() -> None:
    key, _ = encode_command(command(TimeRange(1, 2)))
    _, value = encode_command(command(TimeRange(1, 3)))
    with pytest.raises(ConfigError, match="does not belong"):
        decode_command(key, value, 7)


def test_the_ranges_of_a_config_are_those_of_its_series() -> None:
    commands = [
        command(),
        command(TimeRange(1, 2)),
        command(TimeRange(5, 6)),
        command(TimeRange(8, 9), "two"),
    ]
    assert ranges_left_out(commands, "one") == {FLOW: [TimeRange(1, 2), TimeRange(5, 6)]}
    assert [one.is_for_rows for one in commands] == [True, False, False, False]
