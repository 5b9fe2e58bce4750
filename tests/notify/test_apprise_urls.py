import pytest
from apprise.manager_plugins import NotificationManager

from anomaly_stream.notify.apprise_urls import sender_of


def test_a_package_that_a_service_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    services = NotificationManager()  # type: ignore[no-untyped-call]
    monkeypatch.setattr(services["mqtt"], "enabled", False)
    with pytest.raises(ValueError, match=r"packages for mqtt://: pip install 'paho-mqtt"):
        sender_of("mqtt://user:password@broker.example.com/topic")
