"""The rules for Prometheus are valid, fire when they should, name metrics that exist, and are documented."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from anomaly_stream.ops.history_metrics import RecorderMetrics
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.ops.notify_metrics import NotifierMetrics
from anomaly_stream.ops.process_metrics import PREFIX

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "monitoring" / "alerts.yaml"
CASES = RULES.with_name("alerts.test.yaml")
HISTOGRAM = ("_bucket", "_count", "_sum")


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


@pytest.mark.parametrize("arguments", [["check", "rules", str(RULES)], ["test", "rules", str(CASES)]])
def test_promtool_accepts_them(arguments: list[str]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is missing: install the package prometheus")
        pytest.skip("needs promtool, of the package prometheus")
    ran = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_metric_of_a_rule_exists_with_its_labels() -> None:
    kinds = (WorkerMetrics, RecorderMetrics, NotifierMetrics)
    catalogues = [kind(CollectorRegistry()).catalogue for kind in kinds]
    known = {entry.name: entry for catalogue in catalogues for entry in catalogue}
    for rule in rules():
        for name, selector in re.findall(rf"({PREFIX}\w+)(\{{[^}}]*\}})?", rule["expr"]):
            entry = known.get(name) or known[re.sub(f"({'|'.join(HISTOGRAM)})$", "", name)]
            assert set(re.findall(r"(\w+)\W*=", selector)) <= set(entry.labels)


def test_every_drop_has_a_rule() -> None:
    expressions = " ".join(rule["expr"] for rule in rules())
    for name in (
        *("observations_late", "observations_duplicate", "observations_ahead", "observations_unmatched"),
        *("observations_refused", "dead_letters", "group_values_late", "group_intervals_incomplete"),
        *("checkpoint_failures", "rows_expired"),
        *("history_records_missed", "history_records_refused", "notify_failed"),
    ):
        assert f"{PREFIX}{name}_total" in expressions


def test_the_page_names_each_alert_once() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    documented = re.findall(r"^\| `(AnomalyStream\w+)` \|", page, re.MULTILINE)
    assert documented == [rule["alert"] for rule in rules()]
