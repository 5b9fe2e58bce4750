"""Fresh rows, and the arrays that hold them."""

import numpy as np

from anomaly_stream.alerts.lifecycle import fresh_alerts
from anomaly_stream.engine.plan.dtypes import ROW, State
from anomaly_stream.kernels.arrays import Integers, Records
from anomaly_stream.kernels.window import clear, fresh_windows


def fresh_rows(count: int) -> Records:
    """``count`` rows without an observation."""
    rows = fresh_windows(count, ROW)
    rows["last_time"] = -np.inf
    rows["clock_before"] = rows["clock_start"] = -np.inf
    rows["next"] = rows["command"] = -1
    rows["no_data_since"] = -np.inf
    rows["nonnegative"] = 1
    return rows


def restart(row: np.void) -> None:
    """Empty a row's window, and forget what is known. Its open alert and its offsets stay."""
    clear(row)
    row["known"] = row["known_since"] = 0.0
    row["anomaly_streak"] = 0
    row["streak_distance"] = 0.0
    row["adoption_left"] = 0
    row["nonnegative"] = 1
    row["dirty"] = 1


def question_clock(rows: Records, numbers: Integers) -> None:
    """Put the clocks of these rows in question, as if their last time were their first."""
    rows["clock_before"][numbers] = -np.inf
    rows["clock_start"][numbers] = rows["last_time"][numbers]
    rows["step"][numbers] = rows["candidate"][numbers] = 0.0
    rows["agreed"][numbers] = rows["votes"][numbers] = 0


def fresh_state(rows: int, sources: int) -> State:
    """Arrays for ``rows`` rows, and for as many series."""
    return State(
        fresh_rows(rows),
        fresh_alerts(rows),
        np.full((rows, sources), -1, np.int64),
        np.full((rows, sources), -1, np.int64),
        np.full(rows, -1, np.int64),
    )


def extended_state(state: State, rows: int) -> State:
    """The same state in arrays for at least ``rows`` rows; the arrays at least double."""
    have = len(state.rows)
    more = max(rows, 2 * have) - have
    none = np.full((more, state.included.shape[1]), -1, np.int64)
    return state._replace(
        rows=np.concatenate((state.rows, fresh_rows(more))),
        alerts=np.concatenate((state.alerts, fresh_alerts(more))),
        included=np.concatenate((state.included, none)),
        replayed=np.concatenate((state.replayed, none)),
    )
