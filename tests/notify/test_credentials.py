"""Secrets come from files or variables, are read when they are used, and are never shown."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from anomaly_stream.errors import SettingsError
from anomaly_stream.notify.credentials import Credential
from anomaly_stream.notify.receiver_specs import WebhookSpec

URL = "https://hooks.example.com/"


def test_a_file_is_read_at_each_use(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("first\n")
    one = Credential.model_validate({"file": str(path)})
    assert one.read() == "first"
    path.write_text("second")
    assert one.read() == "second"
    path.unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        one.read()


def test_a_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    assert Credential.model_validate({"env": "HOOK_SECRET"}).read() == "s3cret"
    monkeypatch.delenv("HOOK_SECRET")
    with pytest.raises(ValidationError, match="HOOK_SECRET is not set"):
        Credential.model_validate({"env": "HOOK_SECRET"})


def test_a_secret_in_the_routing_file_is_refused_and_not_shown() -> None:
    for written in ("s3cret", {"value": "s3cret"}):
        with pytest.raises(ValidationError, match="name its file or variable") as caught:
            WebhookSpec.model_validate({"url": URL, "secret": written})
        assert "s3cret" not in str([each["msg"] for each in caught.value.errors(include_input=False)])


def test_a_url_may_be_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_URL", "https://hooks.example.com/t0ken")
    spec = WebhookSpec.model_validate({"url": {"env": "HOOK_URL"}})
    assert spec.url.read() == "https://hooks.example.com/t0ken"
    assert "t0ken" not in repr(spec)
    assert "t0ken" not in repr(WebhookSpec.model_validate({"url": "https://hooks.example.com/t0ken"}))
