"""Tables: a line for each row in a pipe, and ids that are whole everywhere."""

import pytest

from anomaly_stream.cli.tables import print_table, table_lines

HEADINGS = ("id", "state", "reason")
LONG = "the database moves to another rack " * 3
ROWS = [("5f0c1e6a9b3d47f28c1a0b9d8e7f6a5b", "active", LONG), ("b", "", "")]


def test_a_row_is_one_line_in_a_pipe_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(HEADINGS, ROWS)
    assert capsys.readouterr().out.splitlines() == [
        f"{'id':<32}  state   reason",
        f"{ROWS[0][0]}  active  {LONG.rstrip()}",
        "b",
    ]


def test_the_last_column_is_wrapped_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "76")
    print_table(HEADINGS, ROWS)
    heading, first, *others, last = capsys.readouterr().out.splitlines()
    assert heading.endswith("reason\x1b[0m")
    assert first == f"{ROWS[0][0]}  active  the database moves to another rack"
    assert [line.strip() for line in others] == ["the database moves to another rack"] * 2
    assert {len(line) - len(line.lstrip()) for line in others} == {42}
    assert last == "b"


@pytest.mark.parametrize("width", [1, 40, 71])
def test_nothing_is_cut_or_wrapped_on_a_narrow_terminal(width: int) -> None:
    assert [*table_lines(HEADINGS, ROWS, width)] == [*table_lines(HEADINGS, ROWS)]


def test_a_long_word_of_the_last_column_is_whole() -> None:
    *_, line = table_lines(("a", "id"), [("x", f"see {'5f0c1e6a' * 8}")], 40)
    assert line.strip() == "5f0c1e6a" * 8


def test_cells_are_text_and_move_no_cursor() -> None:
    rows = [("[bold]disk[0-9]", "x"), ("日本", "y"), ("a\nb\x1b[2J", "z")]
    assert [*table_lines(("metric", "owner"), rows)] == [
        "metric           owner",
        "[bold]disk[0-9]  x",
        "日本             y",
        "a\\nb\\x1b[2J      z",
    ]


def test_no_rows_are_the_headings() -> None:
    assert [*table_lines(("id", "owner"), [])] == ["id  owner"]
