"""What each column of a table means: named by the user, or guessed from its name."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from anomaly_stream.intake.calendar_numbers import calendar_format, check_unit
from anomaly_stream.intake.numbers import decimal_mark, is_absent, read_number
from anomaly_stream.intake.options import IntakeOptions
from anomaly_stream.intake.time_formats import likely_formats
from anomaly_stream.intake.times import TimeReader
from anomaly_stream.registry.faults import close_to

_TIMES = frozenset(
    {
        "timestamp", "timestamp_ms", "time", "time_ms", "ts", "ts_ms", "date", "datetime", "date_time", "ds",
        "_time", "@timestamp",
    }
)  # fmt: skip
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp][Mm])?")
_VALUES = frozenset({"value", "v", "val", "_value"})
_METRICS = frozenset({"metric", "metric_name", "__name__"})
_LEARN = "learn"
_LISTED = 12


@dataclass(slots=True)
class Columns:
    """The columns of a table by their meaning, as indices."""

    names: list[str]
    time: int
    value: int | None = None
    metric: int | None = None
    learn: int | None = None
    labels: dict[int, str] = field(default_factory=dict)
    """The label's name by column."""
    metrics: dict[int, str] = field(default_factory=dict)
    """Of a wide table, the metric by column."""
    decimal: str = "."
    clock: int | None = None
    """The time of day, where ``time`` is a column of days."""

    def written_time(self, cells: Sequence[str]) -> str:
        """The timestamp of a row, as it was written."""
        day = cells[self.time].strip()
        return day if self.clock is None else f"{day} {cells[self.clock].strip()}"

    @property
    def milliseconds(self) -> bool:
        """Whether the name of the time column says that its numbers are milliseconds."""
        return self.names[self.time].strip().lower().endswith("_ms")


def assign_columns(
    names: Sequence[str], sample: Sequence[Sequence[str]], options: IntakeOptions, delimiter: str = ","
) -> Columns:
    """The meaning of the columns called ``names``. ``sample`` has the first rows, all of that length.

    Raises ValueError, with a message for users, if the table cannot be used.
    """
    names = [name.strip() for name in names]
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise ValueError(f"the header names {_listed(repeated)} more than once: rename one")
    if not options.wide and names and all(_is_data(name) for name in names):
        raise ValueError("the first line has values, not names: add a header such as timestamp,value")
    value = None if options.wide else _value_column(names, options)
    clock = None if options.timestamp_column else _clock_column(names, sample)
    time = _time_column(names, sample, options) if clock is None else _guess(names, frozenset({"date"}))
    _check_found(time, value, names, sample, options)
    metric = _guess(names, _METRICS)
    if metric is None and options.metric is None and not options.wide:
        option = options.spelling.name("metric")
        raise ValueError(
            f"the table has no column 'metric', and no metric name was given: give one with {option}"
        )
    learn = names.index(_LEARN) if _LEARN in names else None
    assert time is not None
    columns = Columns(list(names), time, value, metric, learn, clock=clock)
    if options.timestamp_format is None and not columns.milliseconds and clock is None:
        check_unit((row[time] for row in sample), options.spelling)
    extra = {n: names[n] for n in range(len(names)) if n not in (time, clock, value, metric, learn)}
    extra = {n: name for n, name in extra.items() if name and not name.startswith("Unnamed: ")}
    numeric = {n for n in extra if options.wide and _is_numeric(row[n] for row in sample)}
    columns.metrics = {n: extra[n] for n in extra if n in numeric and extra[n] not in options.label_columns}
    columns.labels = dict(_labels(extra, columns, options))
    if options.wide and not columns.metrics:
        option = options.spelling.name("wide")
        raise ValueError(f"{option}: no column holds numbers; the columns are {_listed(names)}")
    values = list(columns.metrics) if value is None else [value]
    cells = (row[n] for row in sample for n in values)
    columns.decimal = options.decimal or decimal_mark(cells, delimiter, options.spelling)
    return columns


def _labels(extra: dict[int, str], columns: Columns, options: IntakeOptions) -> Iterator[tuple[int, str]]:
    for name in options.label_columns:
        _find(columns.names, name, options.spelling.name("label_column"))
    for number, name in extra.items():
        if number not in columns.metrics and (not options.label_columns or name in options.label_columns):
            yield number, name


def _value_column(names: Sequence[str], options: IntakeOptions) -> int | None:
    option = options.spelling.name("value_column")
    if options.value_column is not None:
        return _find(names, options.value_column, option)
    return _guess(names, _VALUES, option)


def _time_column(names: Sequence[str], sample: Sequence[Sequence[str]], options: IntakeOptions) -> int | None:
    option = options.spelling.name("timestamp_column")
    if options.timestamp_column is not None:
        return _find(names, options.timestamp_column, option)
    time = _guess(names, _TIMES, option)
    if time is None and names and names[0] == "" and sample and _is_time(sample[0][0]):
        return 0  # the index of a pandas frame has no name
    return time


def _clock_column(names: Sequence[str], sample: Sequence[Sequence[str]]) -> int | None:
    """The column ``time`` if it has the time of day, and only ``date`` has the day."""
    found = {name.lower(): number for number, name in enumerate(names) if name.lower() in _TIMES}
    if found.keys() != {"date", "time"} or not sample:
        return None
    day, clock = sample[0][found["date"]], sample[0][found["time"]]
    return found["time"] if _CLOCK.fullmatch(clock.strip()) and ":" not in day else None


def _check_found(
    time: int | None,
    value: int | None,
    names: Sequence[str],
    sample: Sequence[Sequence[str]],
    options: IntakeOptions,
) -> None:
    """Raise ValueError if a column is missing, with the options that name the likely one."""
    forms = {n: calendar_format(row[n] for row in sample) for n in range(len(names)) if n != value}
    times = [n for n in forms if sample and (forms[n] or _may_be_time(sample[0][n]))]
    lacking, cures, given = [], [], options.spelling.given
    if time is None:
        lacking.append("'timestamp'")
        form = forms[times[0]] if times and options.timestamp_format is None else None
        cures.append(given("timestamp_column", _option_value(names, times[:1])))
        cures += [given("timestamp_format", repr(form))] if form else []
    if value is None and not options.wide:
        others = [n for n in range(len(names)) if n != time and n not in times[: time is None]]
        numeric = [n for n in others if sample and _is_number(sample[0][n])]
        lacking.append("'value'")
        cures.append(given("value_column", _option_value(names, numeric)))
    if not lacking:
        return
    wide = f", or use {given('wide')} if each column is a metric" if "'value'" in lacking else ""
    header = "; if the header is further down, remove the lines above it" if len(names) == 1 else ""
    absent, cure = " or ".join(reversed(lacking)), options.spelling.between.join(cures)
    raise ValueError(f"the table has no column {absent}, only {_listed(names)}: add {cure}{wide}{header}")


def _option_value(names: Sequence[str], candidates: Sequence[int]) -> str:
    """The name of the one candidate, as a shell takes it; else a placeholder."""
    return shlex.quote(names[candidates[0]]) if len(candidates) == 1 else "NAME"


def _may_be_time(cell: str) -> bool:
    return _is_time(cell) or bool(likely_formats(cell))


def _guess(names: Sequence[str], known: frozenset[str], option: str = "") -> int | None:
    found = [number for number, name in enumerate(names) if name.lower() in known]
    if len(found) > 1 and option:
        raise ValueError(
            f"{_listed([names[n] for n in found])} may each be the column meant: name one with {option}"
        )
    return found[0] if found else None


def _find(names: Sequence[str], name: str, option: str) -> int:
    if name in names:
        return names.index(name)
    raise ValueError(
        f"{option}: there is no column {name!r}{close_to(name, names)} (the columns are {_listed(names)})"
    )


def _is_numeric(cells: Iterable[str]) -> bool:
    """Whether a column is a metric: text alone makes it a label, and an empty one may still get values."""
    filled = [cell for cell in cells if not is_absent(cell)]
    return not filled or any(_is_number(cell) for cell in filled)


def _is_number(cell: str) -> bool:
    for decimal in (".", ","):
        try:
            read_number(cell, decimal)
        except ValueError:
            continue
        return True
    return False


def _is_time(cell: str) -> bool:
    try:
        TimeReader().read(cell)
    except ValueError:
        return False
    return not _is_number(cell) or len(cell.strip().partition(".")[0]) >= 8


def _is_data(name: str) -> bool:
    return _is_number(name) or _is_time(name)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_LISTED])
    return f"{shown} and {len(names) - _LISTED} more" if len(names) > _LISTED else shown
