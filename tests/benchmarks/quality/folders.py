"""Small folders with the layout of the corpora."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def nab_folder(
    folder: Path,
    rows: int = 100,
    files: Sequence[str] = ("made/one.csv", "made/two.csv"),
    peaks: Sequence[int] = (),
) -> Path:
    """A row per minute; the first file has a window from row 40 to 49, the others have none."""
    start = np.datetime64("2024-01-01T00:00:00")
    times = [str(start + np.timedelta64(60 * row, "s")).replace("T", " ") for row in range(rows)]
    for number, name in enumerate(files):
        values = np.random.default_rng(number).normal(50, 4, rows)
        values[list(peaks)] = 150
        lines = [f"{time},{value:.2f}" for time, value in zip(times, values.tolist(), strict=True)]
        write(folder / "data" / name, "timestamp,value\n" + "\n".join(lines) + "\n")
    windows: dict[str, list[list[str]]] = {name: [] for name in files}
    windows[files[0]] = [[f"{times[40]}.000000", f"{times[49]}.000000"]]
    write(folder / "labels" / "combined_windows.json", json.dumps(windows))
    return folder


def cloud_folder(
    folder: Path,
    rows: int = 400,
    missing: Collection[int] = (5,),
    repeated: Collection[int] = (),
    peaks: Sequence[int] = (),
) -> Path:
    """A row per hour; rows 200 to 202 are labelled; ``repeated`` rows have the time of the row before."""
    start, lines = np.datetime64("2024-01-01T00"), []
    values = np.random.default_rng(9).normal(50, 4, rows)
    values[list(peaks)] = 500
    for row in range(rows):
        time = start + np.timedelta64(row - (row in repeated), "h")
        value = "" if row in missing else f"{values[row]:.3f}"
        lines.append(f'"{time}:00:00Z","{value}","{int(200 <= row < 203)}"')
    write(folder / "data" / "made" / "one.csv", '"TimeStamp","Value","Label"\n' + "\n".join(lines) + "\n")
    return folder
