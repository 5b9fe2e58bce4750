"""A copy continues exactly as the series that it was copied from."""

import numpy as np
import pytest

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.step import step
from anomaly_stream.model import SeverityBands, Transition
from anomaly_stream.report.blind_spots.copies import Copies
from anomaly_stream.report.blind_spots.injection import Past
from tests.engine.inputs import bank_of, columns, config, plan_of


@pytest.mark.parametrize(
    "fields",
    [
        {"detectors": ("auto",)},
        {"detectors": ("zscore", "iqr", "spot", "cusum"), "baseline_period_s": 1e5},
        {"seasonality": ("daily",), "detectors": ("modified_zscore",), "baseline_period_s": 1e6},
    ],
)
def test_copies_fire_as_the_series_does(fields: dict[str, object]) -> None:
    subject = config(**fields)
    random = np.random.default_rng(7)
    times = 600.0 * np.arange(900.0)
    values = 20.0 + 5.0 * np.sin(2 * np.pi * times / 86_400) + random.normal(size=900)
    tails = values[850:] + np.outer([0.0, 3.0, 6.0, 9.0, 12.0, 40.0], np.arange(50) == 20)
    copies = Copies(subject, SeverityBands(), Past(times, values, False))
    _, snapshot = copies.snapshots([800, 850])
    assert copies.fired(snapshot, tails).tolist() == [
        _fires(subject_bank := bank_of(plan_of(subject)), np.concatenate((values[:850], tail)), times)
        for tail in tails
    ]
    assert subject_bank.row_count == 1
    assert copies.fired(snapshot, tails).tolist()[-1]


def _fires(bank: Bank, values: np.ndarray, times: np.ndarray) -> bool:
    before = step(bank.plan, bank, columns(values[:850].tolist(), times[:850].tolist()))
    after = step(bank.plan, bank, columns(values[850:].tolist(), times[850:].tolist(), first_offset=850))
    assert before.counts.scored > 0
    return bool((after.transition == Transition.FIRING).any())
