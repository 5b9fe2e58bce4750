"""Presets score at any cadence: the window holds enough points, whatever the period holds."""

import json
from pathlib import Path

import pytest

from tests.cli.test_faults import run

DAY = 86400
PRESETS = ("latency", "utilisation", "sensor", "counter", "business")


@pytest.mark.parametrize(
    ("config", "step", "count"),
    [
        *((f"preset: {name}", 6 * 3600, 300) for name in PRESETS),
        *((f"preset: {name}", DAY, 200) for name in PRESETS),
        ("preset: latency", 15, 300),
        ("seasonality: weekly", 6 * 3600, 300),
        ("detectors: [modified_zscore]", DAY, 200),
        ("{detectors: [modified_zscore], baseline_period: 1m}", 60, 200),
        ("{detectors: [modified_zscore], series_ttl: 0}", 31 * DAY, 120),
    ],
)
def test_every_cadence_is_scored(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, config: str, step: int, count: int
) -> None:
    start, at = 1_136_073_600, count - 20
    total, lines = 0.0, []
    for i in range(count):
        value = 5000.0 if i == at else 50.0 + i % 7
        total += value
        sent = total if "counter" in config else value
        lines.append(json.dumps({"metric": "m", "timestamp": start + step * i, "value": sent}))
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "config.yaml").write_text(
        config.replace("{", "{metric: m, ") if "{" in config else f"metric: m\n{config}"
    )
    code, out, err = run(
        capsys,
        "score", "--all", "--config", str(tmp_path / "config.yaml"), "--input", str(tmp_path / "in.jsonl"),
    )  # fmt: skip
    assert (code, "warning" in err) == (0, False)
    verdicts = {int(line["timestamp"]): line for line in map(json.loads, out.splitlines())}
    scored = [line for line in verdicts.values() if line["status"] in ("normal", "anomaly")]
    assert len(scored) >= count - 60
    assert verdicts[start + step * at]["status"] == "anomaly"
