"""Messages name options as those who read them write them."""

import inspect
import re

import pytest

from anomaly_stream.api.routes.history import load_history
from anomaly_stream.cli.input_options import _input_files
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.option_spelling import BODY, COMMAND_LINE, QUERY
from anomaly_stream.intake.options import IntakeOptions
from anomaly_stream.intake.reader import read_input

TABLES = [
    (
        "when,flow\n2024-01-01T00:00:00Z,1",
        {},
        "timestamp_column=when and value_column=flow, or use wide=true",
    ),
    ("month,flow\n202401,1", {}, "timestamp_column=month and timestamp_format='%Y%m' and value_column=flow"),
    ("when it was,v\n2024-01-01,1", {}, "timestamp_column='when it was'"),
    ("date,time,metric,value\n1,2,3,4", {}, "name one with parameter timestamp_column"),
    ("time,metric,value,val\n1,2,3,4", {}, "name one with parameter value_column"),
    ("timestamp,value\n1,2", {"metric": None}, "give one with parameter metric"),
    (
        "timestamp,value\n1,2",
        {"value_column": "values"},
        "parameter value_column: there is no column 'values'",
    ),
    ("timestamp,value\n1,2", {"timestamp_column": "t"}, "parameter timestamp_column: there is no column 't'"),
    (
        "timestamp,value\n1,2",
        {"label_columns": ("host",)},
        "parameter label_column: there is no column 'host'",
    ),
    ("time,host\n1,a", {"wide": True}, "parameter wide: no column holds numbers"),
    ("time,value\n1,2", {"timezone": "Berlin"}, "parameter timezone: there is no time zone 'Berlin'"),
    ("time,value\n202401,2", {}, "say which with timestamp_format='%Y%m', or '%s'"),
    ('time,value\n1,"1,234"\n2,"2,345"', {}, "say so with decimal=',', or decimal='.' if it"),
    (b"timestamp,value,gr\xf6\xdfe\n1,2,3", {}, "for example encoding=latin-1"),
    (b"\xff\xfea\x00\x00\xd8b\x00", {}, "name its encoding with parameter encoding"),
]
ROWS = [
    ("02/01/2024,1", {}, "say which with timestamp_format='%d/%m/%Y' or '%m/%d/%Y'"),
    ("yesterday,1", {}, "give its form with parameter timestamp_format, for example"),
    ("2024-01-02 10:00:00 CET,1", {}, "and the place of CET with parameter timezone"),
    ("2024-01-02 10:00 Europe/Berlin,1", {}, "Berlin' and timezone=Europe/Berlin"),
    ('2024-01-02,"1,5"', {"decimal": "."}, "for a decimal comma add decimal=','"),
    ("2024-01-02,1.5", {"decimal": ","}, "see parameter decimal"),
    (b"2024-01-02,1,\xf6", {}, "for example encoding=latin-1"),
]
OF_A_COMMAND = re.compile("--[a-z]")


@pytest.mark.parametrize(("table", "given", "said"), TABLES)
def test_a_table_that_cannot_be_used(table: str | bytes, given: dict[str, object], said: str) -> None:
    content = table if isinstance(table, bytes) else table.encode()
    for spelling in (QUERY, COMMAND_LINE):
        options = IntakeOptions(**{"metric": "m", "spelling": spelling, **given})  # type: ignore[arg-type]
        with pytest.raises(AnomalyStreamError) as raised:
            list(read_input([content], "history", options))
        assert (said in str(raised.value)) == (spelling is QUERY)
        assert bool(OF_A_COMMAND.search(str(raised.value))) == (spelling is COMMAND_LINE)


@pytest.mark.parametrize(("row", "given", "said"), ROWS)
def test_a_row_that_cannot_be_read(row: str | bytes, given: dict[str, object], said: str) -> None:
    content = b"time,value\n2024-01-01,1\n" + (row if isinstance(row, bytes) else row.encode())
    for spelling in (QUERY, COMMAND_LINE):
        options = IntakeOptions(**{"metric": "m", "spelling": spelling, **given})  # type: ignore[arg-type]
        (fault,) = (fault for block in read_input([content], "history", options) for fault in block.faults)
        assert (said in str(fault)) == (spelling is QUERY)
        assert bool(OF_A_COMMAND.search(str(fault))) == (spelling is COMMAND_LINE)


def test_a_request_takes_the_options_that_its_messages_can_name() -> None:
    options = {"sort", *inspect.signature(_input_files).parameters} - {"input_files", "kind"}
    assert {option for option in options if QUERY.has(option)} <= {
        *inspect.signature(load_history).parameters
    }
    assert not BODY.has("label_column")
