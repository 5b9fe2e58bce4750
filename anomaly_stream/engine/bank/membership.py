"""Who comes into the bank and who leaves it, in the course of a step."""

from typing import NamedTuple

import numpy as np

from anomaly_stream.engine.bank.admission import Admission
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.expiry import IdleExpiry
from anomaly_stream.engine.plan.dtypes import Batch
from anomaly_stream.model import Limit


class Membership(NamedTuple):
    """The two sides of a bank's gate."""

    admission: Admission
    lifetimes: IdleExpiry | None
    """None: nobody leaves."""


class BatchAdmission:
    """A batch on its way through the gate.

    Series are admitted in order of first appearance, and again behind every observation before which rows
    left: as if each observation came alone.

    Attributes:
        ticks: by config, the time before which the step has to stop; empty: it need not.
        refused: by limit, rows that observations did not get.
        shut_out: observations among these whose series have no row at all.
        departed: rows that left.
    """

    def __init__(self, bank: Bank, gate: Membership, batch: Batch) -> None:
        self._bank = bank
        self._admission = gate.admission
        self._batch = batch
        self._entered = 0
        self._settled = False
        self._lifetimes = gate.lifetimes
        self.ticks = np.empty(0) if gate.lifetimes is None else gate.lifetimes.ticks(batch.clock_time)
        self.refused = np.zeros(len(Limit), np.int64)
        self.shut_out = 0
        self.departed = 0

    def enter(self, position: int) -> None:
        """Before the observation at ``position``: let idle rows go, then admit what comes from there on."""
        self._entered = position
        if not self._settled:
            self._admission.settle(self._batch.series)
            self._settled = True
        if self._lifetimes is not None and len(self.ticks):
            series, heard = int(self._batch.series[position]), float(self._batch.clock_time[position])
            left = self._lifetimes.tick(series, heard, position)
            if left:
                self.departed += left
                self._admission.settle(self._batch.series[position:])

    def leave(self, position: int) -> None:
        """The observations up to ``position`` went in: count those that were refused."""
        standing = self._bank.standing
        if not standing.any_short:
            return
        series = self._batch.series[self._entered : position]
        self.refused += standing.count_short(series)
        without = self._bank.state.first_row[series] < 0
        self.shut_out += int((without & standing.is_short(series)).sum())
