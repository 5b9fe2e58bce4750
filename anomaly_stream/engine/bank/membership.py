"""Admission, expiry and silent series in the course of a step."""

import math
from typing import NamedTuple

import numpy as np

from anomaly_stream.engine.bank.admission import Admission
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.expiry import IdleExpiry
from anomaly_stream.engine.bank.no_data import NoData
from anomaly_stream.engine.plan.dtypes import Batch
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.model import Limit


class Membership(NamedTuple):
    """Which series enter a bank, and which leave it."""

    admission: Admission
    expiry: IdleExpiry | None
    """None: no row expires."""
    no_data: NoData | None = None
    """None: no series is reported as silent."""


class BatchAdmission:
    """Admission and expiry for one batch.

    The result is the same as if each observation were a batch of its own: series are admitted in order of
    first appearance, and again after every observation before which rows expired.

    Attributes:
        due_times: by config, the clock time before which the step has to stop; empty: it need not stop.
        in_order: whether the observations must be processed in their order.
        refused: by limit, how many rows observations did not get.
        over_limit: observations among these whose series has no row at all.
        expired_rows: rows that expired.
    """

    def __init__(self, bank: Bank, membership: Membership, batch: Batch, source: int) -> None:
        self._bank = bank
        self._source = source
        self._admission, self._expiry, self._no_data = membership
        self._batch = batch
        self._begin = 0
        self._admitted = False
        self.due_times = np.empty(0) if self._expiry is None else self._expiry.due_times(batch.clock_time)
        latest = float(batch.clock_time.max(initial=-np.inf))
        self.in_order = len(self.due_times) > 0 or latest >= self.clock_due or self.any_silent
        self.refused = np.zeros(len(Limit), np.int64)
        self.over_limit = 0
        self.expired_rows = 0

    @property
    def clock_due(self) -> float:
        """The clock time to which the clock of the source moves next."""
        return math.inf if self._no_data is None else self._no_data.due(self._source)

    @property
    def any_silent(self) -> bool:
        """Whether an observation can end the silence of its series."""
        return self._no_data is not None and self._no_data.any_open

    def before(self, position: int) -> Integers:
        """Call before the observation at ``position``: expire idle rows, then admit the next series.

        Returns the rows that were added.
        """
        self._begin = position
        added = np.empty(0, np.int64)
        if not self._admitted:
            added = self._admission.admit(self._batch.series)
            self._admitted = True
        if self._expiry is not None and len(self.due_times):
            expired = self._expiry.advance(
                int(self._batch.series[position]),
                float(self._batch.timestamp[position]),
                float(self._batch.clock_time[position]),
                position,
                self._source,
                int(self._batch.offset[position]),
            )
            if expired:
                self.expired_rows += expired
                readmitted = self._admission.admit(self._batch.series[position:])
                added = np.concatenate((added, readmitted))
        if self._no_data is not None:
            self._no_data.advance(
                int(self._batch.series[position]),
                float(self._batch.timestamp[position]),
                float(self._batch.clock_time[position]),
                position,
                self._source,
            )
        return added

    def after(self, position: int) -> None:
        """Call after the observations before ``position`` were processed: count those that were refused."""
        directory = self._bank.directory
        if not directory.any_over_limit:
            return
        series = self._batch.series[self._begin : position]
        self.refused += directory.count_refused(series)
        without_rows = self._bank.state.first_row[series] < 0
        self.over_limit += int((without_rows & directory.is_over_limit(series)).sum())
