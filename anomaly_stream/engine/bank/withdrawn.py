"""The open alerts that a change of the configs takes the row from."""

import numpy as np

from anomaly_stream.alerts.lifecycle import OPEN
from anomaly_stream.alerts.no_data_alerts import open_alert
from anomaly_stream.alerts.withdrawn_alerts import WithdrawnAlert
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.plan.plan import Plan


def withdrawn_alerts(bank: Bank, plan: Plan) -> list[WithdrawnAlert]:
    """The open alerts of the rows that ``bank.change_plan(plan)`` will delete."""
    numbers = {config.id: number for number, config in enumerate(plan.configs)}
    configs, rows = bank.plan.configs, bank.state.rows[: bank.row_count]
    is_open = bank.state.alerts["phase"][: bank.row_count] >= OPEN
    is_silent = rows["no_data_since"] > -np.inf
    found = []
    for row in np.flatnonzero((is_open | is_silent) & (rows["config"] >= 0)).tolist():
        config_id, series = configs[int(rows[row]["config"])].id, bank.series[int(rows[row]["series"])]
        if config_id in numbers and numbers[config_id] in plan.match(series):
            continue
        if is_open[row]:
            found.append(WithdrawnAlert(config_id, series, bank.state.alerts[row].copy()))
        if is_silent[row]:
            found.append(WithdrawnAlert(config_id, series, open_alert(rows[row]), "no_data"))
    return found


def withdraw_unasked(bank: Bank) -> list[WithdrawnAlert]:
    """Close the alerts on silent series whose config has no ``no_data`` any more; returns them."""
    rows, configs = bank.state.rows[: bank.row_count], bank.plan.configs
    unasked = [number for number, config in enumerate(configs) if not config.asks_for_data]
    is_open = (rows["no_data_since"] > -np.inf) & np.isin(rows["config"], unasked)
    found = []
    for row in rows[is_open]:
        config_id, series = configs[int(row["config"])].id, bank.series[int(row["series"])]
        found.append(WithdrawnAlert(config_id, series, open_alert(row), "no_data"))
    rows["no_data_since"][is_open] = -np.inf
    rows["no_data_events"][is_open] = 0
    rows["dirty"][is_open] = 1
    return found
