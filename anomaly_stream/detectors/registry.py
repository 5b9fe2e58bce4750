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
from anomaly_stream.model import AnomalyDetectionConfig, reasons
from anomaly_stream.model.reasons import Reason

Kind = Literal["point", "pattern", "calibrator", "model"]


@dataclass(frozen=True, slots=True)
class Detector:
    """An entry of the registry."""

    name: str
    """In configs and on topics."""
    number: int
    """Its column in ``Outcome``, and its bit in a compiled config; never given twice."""
    doc: str
    """One line for people."""
    kind: Kind = "point"
    """The question that it answers. ``point``: is the value far from its baseline? The scores of all point
    detectors are averaged. ``pattern``: a question of its own; the most surprising pattern counts.
    ``calibrator``: how heavy is the tail of this series? Its score replaces that of the point detectors.
    ``model``: all of it, baseline and band included; it is the only detector of its config."""
    words: int | Callable[[AnomalyDetectionConfig], int] = 0
    """Words of memory (float64) that it has in each row; 0: it is light. All zeros must mean fresh."""
    sided: bool = True
    """Whether the sign of its deviate is a side of the baseline, as a config's ``direction`` has it. Without
    sides it is surprising where its deviate is large, whatever the direction."""
    unadjusted: bool = False
    """Whether it is given values as they came where the config has a season."""
    reasons: tuple[Reason, ...] = ()
    """What it can find: of a pattern one reason, of a model by reason number. The other kinds find a
    ``distance`` together."""

    def words_for(self, config: AnomalyDetectionConfig) -> int:
        """Words of memory that it has in a row of ``config``."""
        return self.words if isinstance(self.words, int) else self.words(config)


_REASONS = (
    reasons.DISTANCE,
    reasons.NOVEL_VALUE,
    reasons.NOVEL_FOR_SEASON,
    reasons.MEAN_SHIFT,
    reasons.VARIANCE_CHANGE,
    reasons.FLAT_LINE,
    reasons.SUSTAINED_OFFSET,
)
"""What ``auto``, ``surprise`` and ``residual`` can find, by reason number."""

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
        reasons=(reasons.MEAN_SHIFT,),
    ),
    Detector(
        "cusum",
        CUSUM,
        "Small lasting shifts, sooner: departures on one side that add up.",
        kind="pattern",
        words=cusum.WORDS,
        reasons=(reasons.MEAN_SHIFT,),
    ),
    Detector(
        "flat_line",
        FLAT_LINE,
        "The same value for longer than the series' own history makes plausible.",
        kind="pattern",
        words=flat_line.WORDS,
        sided=False,
        unadjusted=True,
        reasons=(reasons.FLAT_LINE,),
    ),
    Detector(
        "missing_data",
        MISSING_DATA,
        "A gap longer than the series' own rhythm makes plausible, when it ends.",
        kind="pattern",
        words=missing_data.WORDS,
        sided=False,
        reasons=(reasons.MISSING_DATA,),
    ),
    Detector(
        "rate_of_change",
        RATE_OF_CHANGE,
        "A change from one value to the next that is larger than the series makes.",
        kind="pattern",
        words=rate_of_change.WORDS,
        reasons=(reasons.RATE_OF_CHANGE,),
    ),
    Detector(
        "spot",
        SPOT,
        "Scores by the series' own tail (peaks over threshold), in place of the point detectors' scores.",
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
