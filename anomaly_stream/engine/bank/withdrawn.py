"""The open alerts that a change of the configs takes the row from."""

import numpy as np

from anomaly_stream.alerts.lifecycle import OPEN
from anomaly_stream.alerts.withdrawn_alerts import WithdrawnAlert
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.plan.plan import Plan


def withdrawn_alerts(bank: Bank, plan: Plan) -> list[WithdrawnAlert]:
    """The open alerts of the rows that ``bank.change_plan(plan)`` will delete."""
    numbers = {config.id: number for number, config in enumerate(plan.configs)}
    configs, rows = bank.plan.configs, bank.state.rows[: bank.row_count]
    is_open = (bank.state.alerts["phase"][: bank.row_count] >= OPEN) & (rows["config"] >= 0)
    found = []
    for row in np.flatnonzero(is_open).tolist():
        config_id, series = configs[int(rows[row]["config"])].id, bank.series[int(rows[row]["series"])]
        if config_id not in numbers or numbers[config_id] not in plan.match(series):
            found.append(WithdrawnAlert(config_id, series, bank.state.alerts[row].copy()))
    return found
