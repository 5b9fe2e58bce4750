"""Compiled kernels are loaded from the cache if and only if their code has not changed."""

import importlib
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from anomaly_stream.kernels import cache
from anomaly_stream.kernels.cache import KernelCache, cache_folder
from anomaly_stream.kernels.cache_key import key_of

CALLER = '''
"""A module."""

from cached_sample import callee
from cached_sample.types import Pair
from anomaly_stream.kernels.jit import kernel

FACTOR = 2.0


@kernel
def caller(pair):
    """Return a sum."""
    return callee.scaled(pair.first, FACTOR) + pair.second
'''
CALLEE = """
from anomaly_stream.kernels.jit import kernel
from cached_sample.types import OFFSET


@kernel
def scaled(value, factor):
    return value * factor + OFFSET


def on_the_host():
    return 1
"""
TYPES = """
from typing import NamedTuple

OFFSET = 0.0


class Pair(NamedTuple):
    first: float
    second: float
"""


class Sample:
    """A package of two kernels, which every ``load`` imports again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "cached_sample"
        self.folder.mkdir()
        for name, text in (("__init__", ""), ("caller", CALLER), ("callee", CALLEE), ("types", TYPES)):
            (self.folder / f"{name}.py").write_text(text)

    def edit(self, module: str, old: str, new: str) -> None:
        path = self.folder / f"{module}.py"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def load(self) -> ModuleType:
        for name in [name for name in sys.modules if name.startswith("cached_sample")]:
            del sys.modules[name]
        importlib.invalidate_caches()
        return importlib.import_module("cached_sample.caller")

    def run(self) -> tuple[float, bool]:
        """Return what the caller makes of 10 and 1, and whether its code came from the cache."""
        module = self.load()
        result = module.caller(module.Pair(10.0, 1.0))
        stats = module.caller.stats
        assert sum(stats.cache_hits.values()) + sum(stats.cache_misses.values()) == 1
        return result, bool(stats.cache_hits)


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sample:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    made = Sample(tmp_path)
    assert made.run() == (21.0, False)
    assert made.run() == (21.0, True)
    return made


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("caller", "Return a sum.", "Return the sum of both, and say more about it."),
        ("caller", '"""A module."""', '"""The module."""\n\n# A comment moves every line.\n'),
        ("callee", "    return 1", "    return 2"),
        ("types", "OFFSET = 0.0", "OFFSET = 0.0\nUNUSED = 1"),
    ],
    ids=["docstring", "comment", "function that no kernel calls", "constant that no kernel uses"],
)
def test_code_that_is_not_compiled_may_change(sample: Sample, module: str, old: str, new: str) -> None:
    sample.edit(module, old, new)
    assert sample.run() == (21.0, True)


@pytest.mark.parametrize(
    ("module", "old", "new", "result"),
    [
        ("caller", "+ pair.second", "- pair.second", 19.0),
        ("caller", "FACTOR = 2.0", "FACTOR = 3.0", 31.0),
        ("callee", "value * factor", "value / factor", 6.0),
        ("types", "OFFSET = 0.0", "OFFSET = 5.0", 26.0),
        ("types", "first: float\n    second: float", "second: float\n    first: float", 12.0),
    ],
    ids=["kernel", "constant", "callee", "constant of the callee", "order of fields"],
)
def test_a_change_of_compiled_code_is_seen(
    sample: Sample, module: str, old: str, new: str, result: float
) -> None:
    sample.edit(module, old, new)
    assert sample.run() == (result, False)
    assert sample.run() == (result, True)


def test_an_installation_elsewhere_has_the_same_keys(sample: Sample, tmp_path: Path) -> None:
    key = key_of(sample.load().caller)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    sample.folder.rename(moved / "cached_sample")
    sys.path.insert(0, str(moved))
    try:
        assert key_of(sample.load().caller) == key
    finally:
        sys.path.remove(str(moved))


def test_compiler_options_are_in_the_key(sample: Sample) -> None:
    key = key_of(sample.load().caller)
    sample.edit("caller", "import kernel", "import leaf_kernel as kernel")
    assert key_of(sample.load().caller) != key


def test_a_global_that_cannot_be_described_is_refused(sample: Sample) -> None:
    sample.edit("caller", "FACTOR = 2.0", "FACTOR = [2.0]")
    with pytest.raises(TypeError, match="cannot describe"):
        key_of(sample.load().caller)


def test_kernels_unused_for_a_month_are_deleted(sample: Sample) -> None:
    before = set(cache_folder().iterdir())
    (old,) = cache_folder().glob("cached_sample.caller.*")
    os.utime(old, (0, 0))
    cache._pruned.clear()
    sample.edit("callee", "* factor", "/ factor")
    sample.run()
    after = set(cache_folder().iterdir())
    assert before - after == {old}
    assert len(after - before) == 2


def test_use_keeps_a_kernel(sample: Sample) -> None:
    (used,) = cache_folder().glob("cached_sample.caller.*")
    os.utime(used, (0, 0))
    sample.run()
    assert used.stat().st_mtime > 1e9


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_damaged_file_is_compiled_again(sample: Sample, suffix: str) -> None:
    (path,) = cache_folder().glob(f"cached_sample.caller.*/*.{suffix}")
    path.write_bytes(path.read_bytes()[:20])
    assert sample.run() == (21.0, False)
    assert sample.run() == (21.0, True)


def test_a_folder_that_cannot_be_written_is_a_warning(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert sample.run() == (21.0, False)
    assert "NUMBA_CACHE_DIR" in str(caught[0].message)


def test_every_kernel_of_the_package_has_a_key_and_this_cache() -> None:
    for name, kernel in _kernels().items():
        assert isinstance(kernel._cache, KernelCache), name
        assert len(key_of(kernel)) == 20


def _kernels() -> dict[str, Callable[..., object]]:
    from numba.core.dispatcher import Dispatcher

    import anomaly_stream.formats.json.decoder
    import anomaly_stream.pipeline.warm_up  # noqa: F401

    modules = [module for name, module in sys.modules.items() if name.startswith("anomaly_stream.")]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Dispatcher)]
    assert len(found) > 400
    return {f"{each.py_func.__module__}.{each.py_func.__qualname__}": each for each in found}


def test_arrays_in_globals_count_by_value(sample: Sample) -> None:
    sample.edit("caller", "FACTOR = 2.0", "import numpy as np\nFACTOR = np.array([2.0])")
    key = key_of(sample.load().caller)
    assert isinstance(sample.load().FACTOR, np.ndarray)
    sample.edit("caller", "[2.0]", "[3.0]")
    assert key_of(sample.load().caller) != key
