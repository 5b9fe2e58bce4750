"""OpenSearch's own engine, random cut forest 4.4.0, in Java: fetched by Maven and compiled on first use.

A row's score is the forest's score; an alert is a row with an anomaly grade. Rows without a value are
skipped.
"""

import atexit
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.rivals import RivalMissingError
from benchmarks.quality.series import Detector

_HERE = Path(__file__).parent
_SOURCE, _POM = _HERE / "RandomCutForestRunner.java", _HERE / "random_cut_forest.pom.xml"
_TITLE = "random cut forest (OpenSearch)"
_BUILD_S = 600


def load() -> Detector:
    """Build the runner, and a detector that starts it once for each series.

    Raises:
        RivalMissingError: there is no Java or no Maven, or the engine could not be fetched or compiled.
    """
    class_path = _class_path()

    def detect(
        times: NDArray[np.float64], values: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        rows = np.flatnonzero(~np.isnan(values))
        lines = "".join(
            f"{time!r},{value!r}\n"
            for time, value in zip(times[rows].tolist(), values[rows].tolist(), strict=True)
        )
        command = ["java", "-XX:+UseSerialGC", "-cp", class_path, "RandomCutForestRunner"]
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
        found = np.array([line.split(",") for line in done.stdout.split()], np.float64).reshape(-1, 2)
        scores, alerts = np.zeros(len(values)), np.zeros(len(values), np.bool_)
        scores[rows], alerts[rows] = found[:, 0], found[:, 1] > 0
        return scores, alerts

    return detect


@cache
def _class_path() -> str:
    if missing := [tool for tool in ("java", "javac", "mvn") if shutil.which(tool) is None]:
        raise RivalMissingError(f"{_TITLE}: {', '.join(missing)} not found (Java 17 and Maven are needed)")
    folder = Path(tempfile.mkdtemp(prefix="random-cut-forest-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    jars = folder / "class_path"
    _run("mvn", "-q", "-B", "-f", str(_POM), "dependency:build-classpath", f"-Dmdep.outputFile={jars}")
    class_path = jars.read_text().strip()
    _run("javac", "-cp", class_path, "-d", str(folder), str(_SOURCE))
    return f"{class_path}:{folder}"


def _run(*command: str) -> None:
    try:
        subprocess.run(command, capture_output=True, text=True, check=True, timeout=_BUILD_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        output = getattr(error, "stdout", "") or getattr(error, "stderr", "") or str(error)
        reason = str(output).strip().splitlines()[0]
        raise RivalMissingError(f"{_TITLE}: {command[0]}: {reason}") from error
