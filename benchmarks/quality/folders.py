"""Reads corpora from folders: ``data/<category>/<file>.csv``, as in NAB and the Cloud Monitoring Dataset."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.series import Corpus, LabelledSeries, runs


class FolderError(Exception):
    """A folder does not have the layout of its corpus."""


def load_nab(folder: Path) -> list[LabelledSeries]:
    """The files under ``folder/data``, with the windows of ``folder/labels/combined_windows.json``.

    Files that it does not name are not labelled; without it, no file is.

    Raises:
        FolderError: there are no files, or one is not a table of ``timestamp,value``.
    """
    labels = folder / "labels" / "combined_windows.json"
    windows = json.loads(labels.read_text()) if labels.exists() else {}
    corpus = []
    for name, path in _files(folder):
        times, values = _columns(path, "timestamp", "value")
        at = _seconds(times)
        ranges = [_rows_of_window(at, *_seconds(edges)) for edges in windows.get(name, ())]
        anomalies = np.array(ranges, np.int64).reshape(-1, 2)
        corpus.append(LabelledSeries(name, at, _numbers(values), anomalies, name in windows, (times, values)))
    return corpus


def load_cloud(folder: Path) -> list[LabelledSeries]:
    """The files under ``folder/data``: ``TimeStamp,Value`` and, if they are labelled, ``Label``.

    Label 1 is an anomaly; label 2 marks rows that count neither as a hit nor as a false alarm. A corpus in
    which no row has label 1 is unlabelled: only the alerts on it can be counted.

    Raises:
        FolderError: there are no files, or one lacks a column.
    """
    corpus = []
    for name, path in _files(folder):
        times, values, *labels = _columns(path, "TimeStamp", "Value", optional="Label")
        label = np.array(labels[0]) if labels else np.zeros(len(times), str)
        corpus.append(
            LabelledSeries(
                name,
                _seconds(times),
                _numbers(values),
                runs(label == "1"),
                bool(labels),
                (times, values),
                runs(label == "2"),
            )
        )
    if not any(len(series.anomalies) for series in corpus):
        corpus = [replace(series, labelled=False) for series in corpus]
    return corpus


def corpora_in(folder: Path) -> dict[str, Callable[[Path], list[LabelledSeries]]]:
    """The corpora in ``folder`` by name, with the function that reads each: every subfolder with ``data/``.

    A subfolder with ``labels/combined_windows.json`` has NAB's layout, the others that of the service
    metrics.
    """
    names = sorted(path.parent.name for path in folder.glob("*/data") if any(path.glob("*/*.csv")))
    windowed = {name for name in names if name == "nab" or (folder / name / "labels").is_dir()}
    return {name: load_nab if name in windowed else load_cloud for name in names}


def load_corpora(folder: Path) -> dict[str, Corpus]:
    """The series of all corpora in ``folder``, by name.

    Raises:
        FolderError: one does not have the layout of its corpus.
    """
    return {name: load(folder / name) for name, load in corpora_in(folder).items()}


def _files(folder: Path) -> list[tuple[str, Path]]:
    root = folder / "data"
    files = [(path.relative_to(root).as_posix(), path) for path in sorted(root.glob("*/*.csv"))]
    if not files:
        raise FolderError(f"{folder}: no data/<category>/<file>.csv")
    return files


def _columns(path: Path, *names: str, optional: str | None = None) -> list[tuple[str, ...]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        header, *rows = csv.reader(file)
    wanted = [*names, optional] if optional in header else list(names)
    if missing := set(wanted).difference(header):
        raise FolderError(f"{path}: no column {', '.join(sorted(map(str, missing)))}")
    return [tuple(row[header.index(str(name))] for row in rows) for name in wanted]


def _seconds(spelled: tuple[str, ...] | list[str]) -> NDArray[np.float64]:
    """Epoch seconds; a time without a zone is UTC."""
    moments = np.array([text.strip().removesuffix("Z") for text in spelled], "datetime64[us]")
    return moments.astype(np.int64) / 1e6


def _numbers(spelled: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([float(text) if text.strip() else np.nan for text in spelled])


def _rows_of_window(times: NDArray[np.float64], start: float, end: float) -> tuple[int, int]:
    """First and last row of a window: by exact times, as in NAB, else all rows within it."""
    exact_start, exact_end = np.flatnonzero(times == start), np.flatnonzero(times == end)
    within = np.flatnonzero((times >= start) & (times <= end))
    if not len(within):
        raise FolderError("a window that contains no row")
    first = exact_start[0] if len(exact_start) else within[0]
    last = exact_end[0] if len(exact_end) else within[-1]
    return int(first), int(last)
