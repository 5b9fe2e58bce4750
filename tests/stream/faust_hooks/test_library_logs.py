"""Messages of healthy groups are dropped, others of the same logger are not. The libraries have them."""

import importlib
import inspect
import logging

import pytest

from anomaly_stream.stream.faust_hooks.library_logs import _NO_FAULTS, FAUST, silence_false_alarms


@pytest.mark.parametrize("name", _NO_FAULTS)
def test_a_false_alarm_is_dropped_and_other_warnings_are_not(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    silence_false_alarms()
    silence_false_alarms()
    for template in _NO_FAULTS[name]:
        logging.getLogger(name).warning(template, *["x"] * template.count("%"))
        logging.getLogger(name).warning(f"[^--Service]: {template}", *["x"] * template.count("%"))
    logging.getLogger(name).warning("true")
    assert caplog.messages == ["true"]


@pytest.mark.parametrize("name", _NO_FAULTS)
def test_the_library_has_the_message(name: str) -> None:
    modules = ("mode.threads", "faust.app.base") if name == FAUST.name else (name,)
    source = "".join(inspect.getsource(importlib.import_module(module)) for module in modules)
    for template in _NO_FAULTS[name]:
        assert template in source
