"""Detectors turn a value into a statistic and a normal deviate, whose tail is the probability.

A *light* detector is two kernels over a value and its baseline: ``statistic(value, baseline)``, signed and
never falling as the value rises, and ``deviate(statistic, baseline)``: the standard normal deviate with the
tail probability that the detector's own model gives the statistic. A *stateful* one has a memory of its own
beside each row (``stateful`` says how it is called), a *model* is a whole baseline of its own (``models``).

To add one: its number in ``numbers``, its file, its entry in ``REGISTRY``, its line in the dispatch of its
sort; schema, command line, docs and the suite of checks follow from ``REGISTRY``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from anomaly_stream.detectors.ids import (
    AUTO,
    CUSUM,
    EWMA,
    FLAT_LINE,
    IQR,
    MISSING_DATA,
    MODIFIED_ZSCORE,
    RATE_OF_CHANGE,
    RESIDUAL,
    SPOT,
    SURPRISE,
    ZSCORE,
)
from anomaly_stream.detectors.models import auto, residual, surprise
from anomaly_stream.detectors.stateful import cusum, ewma, flat_line, missing_data, rate_of_change, spot
from anomaly_stream.model import AnomalyDetectionConfig

Kind = Literal["level", "pattern", "calibrator", "model"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One of the things that a model may have found."""

    name: str
    """On topics."""
    finding: str = ""
    """As the middle of a sentence; empty where the value's distance from the expected one says it all."""


@dataclass(frozen=True, slots=True)
class Detector:
    """An entry of the registry."""

    name: str
    """In configs and on topics."""
    number: int
    """Its column in ``Outcome``, and its bit in a compiled config; never given twice."""
    doc: str
    """One line for people."""
    kind: Kind = "level"
    """What its answer is for. ``level``: whether the value is far out; those of all levels are averaged.
    ``pattern``: a question of its own; the most surprising answer counts. ``calibrator``: the tail of the
    levels' scores, in their place where it gives one. ``model``: everything, baseline and band too; it
    stands alone in its config."""
    words: int | Callable[[AnomalyDetectionConfig], int] = 0
    """Words of memory (float64) that it has in each row; 0: it is light. All zeros must mean fresh."""
    sided: bool = True
    """Whether the sign of its deviate is a side of the baseline, as a config's ``direction`` has it. Without
    sides it is surprising where its deviate is large, whatever the direction."""
    unadjusted: bool = False
    """Whether it is given values as they came where the config has a season."""
    finding: str = ""
    """Of a pattern: what it has found where it speaks, as the middle of a sentence."""
    reasons: tuple[Reason, ...] = ()
    """Of a model: by reason number, what spoke."""

    def words_for(self, config: AnomalyDetectionConfig) -> int:
        """Words of memory that it has in a row of ``config``."""
        return self.words if isinstance(self.words, int) else self.words(config)


_REASONS = (
    Reason("far"),
    Reason("value", "nothing like it was seen here before"),
    Reason("season", "nothing like it was seen at this time of the day or week before"),
    Reason("level", "the mean of its last 24 values is unlike any before"),
    Reason("spread", "its last 12 values vary as they never did before"),
    Reason("still", "it has stood still for longer than usual"),
    Reason("off", "it has lain on one side of what was expected for an hour or so"),
)
"""What ``auto``, ``surprise`` and ``residual`` find, in the order of their numbers for it."""

REGISTRY: tuple[Detector, ...] = (
    Detector("zscore", ZSCORE, "Distance from the mean in standard deviations."),
    Detector("modified_zscore", MODIFIED_ZSCORE, "Distance from the median in MADs; bears outliers."),
    Detector("iqr", IQR, "Distance beyond the quartiles in interquartile ranges (Tukey's fences)."),
    Detector(
        "residual",
        RESIDUAL,
        "Robust distance from what the last ten days, the hour of day or the week let expect; for service "
        "metrics.",
        "model",
        words=residual.WORDS,
        reasons=_REASONS,
    ),
    Detector(
        "ewma",
        EWMA,
        "Small lasting shifts: the exponentially weighted mean's distance from the median.",
        kind="pattern",
        words=ewma.WORDS,
        finding="its mean has moved from its usual level",
    ),
    Detector(
        "cusum",
        CUSUM,
        "Small lasting shifts, sooner: departures on one side that add up.",
        kind="pattern",
        words=cusum.WORDS,
        finding="departures on one side have added up",
    ),
    Detector(
        "flat_line",
        FLAT_LINE,
        "The same value for longer than the series' own history makes plausible.",
        kind="pattern",
        words=flat_line.WORDS,
        sided=False,
        unadjusted=True,
        finding="it has stood still for longer than usual",
    ),
    Detector(
        "missing_data",
        MISSING_DATA,
        "A gap longer than the series' own rhythm makes plausible, when it ends.",
        kind="pattern",
        words=missing_data.WORDS,
        sided=False,
        finding="no value had come for longer than usual",
    ),
    Detector(
        "rate_of_change",
        RATE_OF_CHANGE,
        "A change from one value to the next that is larger than the series makes.",
        kind="pattern",
        words=rate_of_change.WORDS,
        finding="it moved faster than usual",
    ),
    Detector(
        "spot",
        SPOT,
        "Scores by the tail that the series itself has (peaks over threshold), in place of the levels' own.",
        kind="calibrator",
        words=spot.WORDS,
    ),
    Detector(
        "auto",
        AUTO,
        "For any metric: `surprise` and `residual` on one scale.",
        "model",
        words=auto.WORDS,
        reasons=_REASONS,
    ),
    Detector(
        "surprise",
        SURPRISE,
        "Nothing like it was seen here before: as a value, in its season, in level, in spread.",
        "model",
        words=surprise.WORDS,
        reasons=_REASONS,
    ),
)
"""Every detector, in the order of their numbers."""

NAMES: tuple[str, ...] = tuple(detector.name for detector in REGISTRY)
"""The detector columns of ``Outcome``, in order."""

KINDS: dict[str, str] = {detector.name: detector.kind for detector in REGISTRY}
"""The kind of each detector."""
