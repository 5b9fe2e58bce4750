"""A detector on all corpora: one default has to work well on each of them.

from benchmarks.quality import evaluate
print(evaluate(detector, data="/data"))       # /data/nab, /data/cloud, and the synthetic suite
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from benchmarks.quality import segments, windows
from benchmarks.quality.folders import load_cloud, load_nab
from benchmarks.quality.series import Corpus, Detector, LabelledSeries, Verdict, half, judge
from benchmarks.quality.synthetic import suite

NAB, CLOUD, SYNTHETIC = "nab", "cloud", "synthetic"
Figures = np.ndarray[tuple[int], np.dtype[np.float64]]
WINDOWED = (NAB, SYNTHETIC)
"""These corpora are scored with NAB's formula; all others by segments and episodes."""


@dataclass(frozen=True)
class Judged:
    """The verdicts of a detector on a corpus, and its score there."""

    name: str
    corpus: Corpus
    verdicts: Sequence[Verdict]

    @property
    def has_alerts(self) -> bool:
        """Whether the detector has a threshold of its own."""
        return bool(self.verdicts) and all(verdict.alerts is not None for verdict in self.verdicts)

    def labelled(self) -> "Judged":
        """The same for the labelled series only."""
        kept = [pair for pair in zip(self.corpus, self.verdicts, strict=True) if pair[0].labelled]
        return Judged(self.name, [series for series, _ in kept], [verdict for _, verdict in kept])

    def by(self, groups: Iterable[str], *, category: bool) -> list["Judged"]:
        """One for each of the files or categories ``groups``."""
        parts = []
        for group in groups:
            pairs = zip(self.corpus, self.verdicts, strict=True)
            kept = [(s, v) for s, v in pairs if (s.category if category else s.name) == group]
            parts.append(Judged(group, [s for s, _ in kept], [v for _, v in kept]))
        return parts

    @property
    def windowed(self) -> bool:
        """Whether it is scored with NAB's formula instead of by segments."""
        return self.name in WINDOWED

    @property
    def has_labels(self) -> bool:
        """Whether its anomalies are labelled."""
        return any(series.labelled for series in self.corpus)

    @property
    def curve(self) -> "windows.Curve | segments.Curve":
        """The curve of the score that this corpus has."""
        return self.by_windows if self.windowed else self.by_segments

    @cached_property
    def by_windows(self) -> windows.Curve:
        """The curve of NAB's formula."""
        return windows.Curve.of(self.corpus, self.verdicts)

    @cached_property
    def by_segments(self) -> segments.Curve:
        """The curve of segments and episodes."""
        return segments.Curve.of(self.corpus, self.verdicts)

    @property
    def alert_tally(self) -> windows.Tally | None:
        """The tally of the detector's own alerts by NAB's formula."""
        return windows.tally(self.corpus, self._alerts()) if self.has_alerts else None

    @property
    def alert_count(self) -> segments.Count | None:
        """The counts of segments and episodes of the detector's own alerts."""
        return segments.count(self.corpus, self._alerts()) if self.has_alerts else None

    def _alerts(self) -> list[np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        return [verdict.alerts for verdict in self.verdicts if verdict.alerts is not None]


@dataclass(frozen=True)
class Evaluation:
    """One detector on some corpora; ``print`` it for a table."""

    label: str
    parts: dict[str, Judged]

    def __getitem__(self, name: str) -> Judged:
        return self.parts[name]

    def __str__(self) -> str:
        from benchmarks.quality.table import compact

        return compact(self)

    def judged(self) -> "Evaluation":
        """The same without the unlabelled series of corpora that have labelled ones."""
        parts = {name: part.labelled() if part.has_labels else part for name, part in self.parts.items()}
        return Evaluation(self.label, parts)

    def at(self, threshold: float) -> "Evaluation":
        """The same with the detector's alerts replaced by all rows whose score reaches ``threshold``."""
        parts = {
            name: Judged(name, part.corpus, [Verdict(v.scores, v.scores >= threshold) for v in part.verdicts])
            for name, part in self.parts.items()
        }
        return Evaluation(f"{self.label} at {threshold:g}", parts)

    def joint_threshold(self) -> float:
        """The threshold with the highest sum of figures of all corpora (standard score, or 100 F1)."""
        grid = np.unique(np.concatenate([part.curve.thresholds for part in self.parts.values()]))
        total = np.zeros(len(grid))
        for name in self.parts:
            curve = self.parts[name].curve
            place = np.searchsorted(-curve.thresholds, -grid, side="right") - 1
            total += 100 * figures(curve)[place]
        return float(grid[np.argmax(total)])

    def breakdown(self, name: str, threshold: float | None = None) -> str:
        """A table with a line for each file of a corpus (each kind of the suite).

        It is for ``threshold`` if given, else for the detector's alerts if it has any, else for the corpus's
        best threshold.
        """
        from benchmarks.quality.table import breakdown

        return breakdown(self, name, threshold)


def evaluate(
    detector: Detector,
    *,
    data: str | Path | None = None,
    nab: str | Path | None = None,
    cloud: str | Path | None = None,
    synthetic: bool = True,
    which_half: int | None = None,
    seeds: int | None = None,
    label: str = "detector",
) -> Evaluation:
    """Run ``detector`` on the corpora and score it.

    Args:
        detector: see :data:`~benchmarks.quality.series.Detector`.
        data: a folder that holds ``nab`` and ``cloud``.
        nab: another folder with the layout of NAB's.
        cloud: another folder with the layout of the service metrics.
        synthetic: whether to run the synthetic suite.
        which_half: 0 or 1: only one half of the files (of the kinds of the synthetic suite).
        seeds: number of series of each synthetic kind; default 3.
        label: the detector's name in tables.
    """
    corpora = load(data=data, nab=nab, cloud=cloud, synthetic=synthetic, which_half=which_half, seeds=seeds)
    return Evaluation(
        label, {name: Judged(name, corpus, judge(detector, corpus)) for name, corpus in corpora.items()}
    )


def load(
    *,
    data: str | Path | None = None,
    nab: str | Path | None = None,
    cloud: str | Path | None = None,
    synthetic: bool = True,
    which_half: int | None = None,
    seeds: int | None = None,
) -> dict[str, Corpus]:
    """The labelled series of the corpora by name; arguments as in :func:`evaluate`.

    Files are read once per process.
    """
    corpora: dict[str, Corpus] = {}
    nab = nab or (data and Path(data) / "nab")
    cloud = cloud or (data and Path(data) / "cloud")
    if nab:
        corpora[NAB] = [series for series in _nab(Path(nab)) if series.labelled]
    if cloud:
        corpora[CLOUD] = [series for series in _cloud(Path(cloud)) if series.labelled]
    if synthetic:
        corpora[SYNTHETIC] = suite(seeds) if seeds else suite()
    if which_half is None:
        return corpora
    return {
        name: half(corpus, which_half, whole_categories=name == SYNTHETIC) for name, corpus in corpora.items()
    }


@cache
def _nab(folder: Path) -> tuple[LabelledSeries, ...]:
    return tuple(load_nab(folder))


@cache
def _cloud(folder: Path) -> tuple[LabelledSeries, ...]:
    return tuple(load_cloud(folder))


def figures(curve: windows.Curve | segments.Curve) -> Figures:
    """The figure of a corpus at each threshold: F1, or a hundredth of NAB's standard score."""
    if isinstance(curve, segments.Curve):
        return curve.f1
    gains = (
        windows.STANDARD.hit * curve.earned
        + windows.STANDARD.miss * curve.hits
        - windows.STANDARD.false * curve.cost
    )
    standard: Figures = gains / (curve.windows * (windows.STANDARD.hit + windows.STANDARD.miss))
    return standard
