"""Time of a preview of 100,000 points, and of a load of a million rows, by the configuration API."""

import io
import json
import time

import httpx
import numpy as np

from benchmarks.processes import ContenderError

PREVIEW_POINTS = 100_000
PREVIEWS = 20
HISTORY_ROWS = 1_000_000
HISTORY_SERIES = 100
_STEP_S = 60
_START_S = 1_700_000_000
_WINDOW = {"metric": "past", "detectors": ["zscore", "modified_zscore", "iqr"]}
_DEFAULT = {"metric": "past"}


def measure(client: httpx.Client) -> list[str]:
    """Lines to print. Raises ContenderError if the API refuses a request."""
    lines = []
    for name, config in (("windows", _WINDOW), ("default", _DEFAULT)):
        body = b'{"config":%s,"observations":%s}' % (json.dumps(config).encode(), _observations())
        seconds = [_preview(client, body) for _ in range(PREVIEWS + 1)][1:]
        p50, p99 = np.percentile(seconds, (50, 99), method="higher")
        lines.append(
            f"preview ({name}) {PREVIEW_POINTS:,} points of 10 series: p50 {p50:.2f} s, p99 {p99:.2f} s "
            f"({PREVIEWS} requests)"
        )
    _checked(client.post("/v1/configs", json={"id": "past", **_WINDOW}))
    for name, media_type, content in (
        ("Parquet", "application/vnd.apache.parquet", _parquet()),
        ("JSON lines", "application/x-ndjson", _json_lines()),
    ):
        rate = HISTORY_ROWS / _load(client, media_type, content)
        lines.append(
            f"history ({name}) {HISTORY_ROWS:,} rows of {HISTORY_SERIES} series, "
            f"{len(content) / 1e6:.0f} MB: "
            f"{rate:,.0f} rows/s from request to published baselines"
        )
    return lines


def _preview(client: httpx.Client, body: bytes) -> float:
    began = time.perf_counter()
    _checked(client.post("/v1/configs:preview", content=body, headers={"Content-Type": "application/json"}))
    return time.perf_counter() - began


def _load(client: httpx.Client, media_type: str, content: bytes) -> float:
    began = time.perf_counter()
    headers = {"Content-Type": media_type}
    job = _checked(client.post("/v1/configs/past/history", content=content, headers=headers)).json()
    while job["state"] == "running":
        time.sleep(0.1)
        job = _checked(client.get(f"/v1/jobs/{job['id']}")).json()
    if job["state"] != "done" or job["baselines"] != HISTORY_SERIES:
        raise ContenderError(f"the history was not loaded: {job}")
    return time.perf_counter() - began


def _checked(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise ContenderError(f"the API answers {answer.status_code}: {answer.text}")
    return answer


def _values(count: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return 100.0 + np.random.default_rng(1).normal(0.0, 1.0, count)


def _messages(rows: int, series: int) -> list[bytes]:
    return [
        b'{"metric":"past","labels":{"unit":"%d"},"timestamp":%d,"value":%.17g}'
        % (n % series, _START_S + _STEP_S * (n // series), value)
        for n, value in enumerate(_values(rows).tolist())
    ]


def _observations() -> bytes:
    return b"[" + b",".join(_messages(PREVIEW_POINTS, 10)) + b"]"


def _json_lines() -> bytes:
    return b"\n".join(_messages(HISTORY_ROWS, HISTORY_SERIES))


def _parquet() -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    number = np.arange(HISTORY_ROWS)
    table = pa.table(
        {
            "timestamp": _START_S + _STEP_S * (number // HISTORY_SERIES),
            "value": _values(HISTORY_ROWS),
            "unit": (number % HISTORY_SERIES).astype(str),
        }
    )
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()
