"""The verdicts as columns are those of the records."""

import numpy as np

from anomaly_stream.model import Series, SeverityBands
from anomaly_stream.report.offline_run import OfflineRun
from anomaly_stream.report.tracks import Track
from anomaly_stream.report.verdicts import NUMBERS
from tests.report.build import configs_of, peaks, records_of_observations

CONFIGS = """
- {id: high, metric: flow, detectors: [zscore, iqr], direction: above, sensitivity: high}
- {id: default, metric: flow, min_observations: 20}
- {id: pair, members: {a: {metric: flow, match: {site: A}}, b: {metric: flow, match: {site: B}}}}
"""


def test_columns_hold_what_the_records_hold() -> None:
    run = OfflineRun(configs_of(CONFIGS), SeverityBands())
    documents = peaks(260, at=(100, 230))
    by_record: dict[tuple[str, Series], Track] = {}
    by_column: dict[tuple[str, Series], Track] = {}
    for first in range(0, len(documents), 150):
        verdicts = run.judge(records_of_observations(documents[first : first + 150]))
        for series, record in verdicts.scores()[: -len(verdicts.of_groups) or None]:
            by_record.setdefault((record.config_id, series), Track(record.config_id, series)).add(record)
        for columns in verdicts.columns():
            track = Track(columns.config_id, columns.series)
            by_column.setdefault((columns.config_id, columns.series), track).extend(columns)
    assert len(by_column) == 4
    assert by_column.keys() == by_record.keys()
    for key, track in by_column.items():
        assert len(track) == 260
        assert len(track.anomaly_times) >= (("site", "A") in key[1].labels)
        np.testing.assert_array_equal(track.severity, by_record[key].severity)
        for name in NUMBERS:
            np.testing.assert_array_equal(track.column(name), by_record[key].column(name), err_msg=name)
        assert np.isnan(track.column("upper")[30:]).sum() == 0
        assert np.isnan(track.column("lower")[30:]).all() == (key[0] == "high")
