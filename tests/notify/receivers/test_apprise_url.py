"""Apprise delivers by URL, here to a Mattermost that is a local server; secrets stay out of all logs."""

import ipaddress
import logging
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from anomaly_stream.errors import SettingsError
from anomaly_stream.notify import apprise_urls
from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.guarded_http import Guard, GuardedClient, Network
from anomaly_stream.notify.library_logs import silence_libraries
from anomaly_stream.notify.pictures import Pictures
from anomaly_stream.notify.receiver_specs import AppriseSpec
from anomaly_stream.notify.receivers.apprise_url import AppriseReceiver
from anomaly_stream.notify.surroundings import Surroundings
from anomaly_stream.notify.templates import Rendered
from tests.notify.world import Hook, event, message, with_pictures, without_pictures

TOKEN = "3ccdd113474722377935511fc85d3dd4"
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
RENDERED = Rendered("the title", "the text", "https://alerts.example.com/a")


def receiver(hook: Hook, *allowed: Network) -> AppriseReceiver:
    spec = AppriseSpec.model_validate({"url": f"mmost://127.0.0.1:{hook.port}/{TOKEN}"})
    return AppriseReceiver(spec, Guard(allowed), with_pictures())


def test_a_message_has_title_text_and_link(hook: Hook) -> None:
    receiver(hook, LOOPBACK).deliver(message(event("a")), RENDERED)
    (document,) = hook.documents()
    assert "the title" in document["text"]
    assert "the text" in document["text"]
    assert "https://alerts.example.com/a" in document["text"]


def test_a_service_that_fails_and_a_host_that_is_refused_are_errors(hook: Hook) -> None:
    with pytest.raises(DeliveryError, match="allowed_networks"):
        receiver(hook).deliver(message(event("a")), RENDERED)
    assert hook.requests == 0
    hook.answer = lambda number: 500
    with pytest.raises(DeliveryError, match="could not deliver"):
        receiver(hook, LOOPBACK).deliver(message(event("a")), RENDERED)
    hook.answer = lambda number: 302  # to the same server
    with pytest.raises(DeliveryError, match="could not deliver"):
        receiver(hook, LOOPBACK).deliver(message(event("a")), RENDERED)
    assert hook.requests == 2


@pytest.mark.parametrize(
    ("scheme", "host"),
    [
        *((scheme, host) for scheme in ("mmost", "ntfy", "gotify") for host in ("localhost", "2130706433")),
        *(("ntfy", host) for host in ("0x7f000001", "[::1]")),
    ],
)
def test_no_spelling_of_an_address_passes_the_guard(hook: Hook, scheme: str, host: str) -> None:
    spec = AppriseSpec.model_validate({"url": f"{scheme}://{host}:{hook.port}/{TOKEN}"})
    with pytest.raises(DeliveryError, match="allowed_networks"):
        AppriseReceiver(spec, Guard(()), with_pictures()).deliver(message(event("a")), RENDERED)
    assert hook.requests == 0


@pytest.fixture
def mail_server() -> Iterator[tuple[int, list[bytes]]]:
    """A server of SMTP that accepts no user: its port, and what it was told."""
    told: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 mail\r\n")
            for line in self.rfile:
                told.append(line)
                if line.startswith(b"AUTH"):
                    self.wfile.write(b"535 5.7.8 not known: " + line)
                else:
                    self.wfile.write(b"250-mail\r\n250 AUTH PLAIN\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], told
        server.shutdown()


MAIL = "mailto://user:pa55word@10.1.2.3:{}?smtp=127.0.0.1&mode=insecure&from=a@b.de&to=c@b.de"


def test_no_parameter_of_a_url_passes_the_guard(mail_server: tuple[int, list[bytes]]) -> None:
    port, told = mail_server
    spec = AppriseSpec.model_validate({"url": MAIL.format(port)})
    with pytest.raises(DeliveryError, match=r"the address 127.0.0.1 is refused: .*allowed_networks"):
        AppriseReceiver(spec, Guard(()), with_pictures()).deliver(message(event("a")), RENDERED)
    assert told == []


@pytest.mark.parametrize("address", ["169.254.169.254", "127.0.0.1", "localhost", "::1"])
def test_an_address_in_a_parameter_is_refused_when_the_file_is_read(address: str) -> None:
    url = {"url": MAIL.replace("127.0.0.1", address).format(25)}
    AppriseSpec.model_validate(url)
    with pytest.raises(ValidationError, match="allowed_networks"):
        AppriseSpec.model_validate(url, context=Surroundings())


def test_a_datagram_goes_to_an_address_that_is_checked() -> None:
    with pytest.raises(ValidationError, match=r"rsyslog://10\.1\.2\.3"):
        AppriseSpec.model_validate({"url": "rsyslog://logs.example.com"})
    spec = AppriseSpec.model_validate({"url": "rsyslog://127.0.0.1"})
    with pytest.raises(DeliveryError, match="allowed_networks"):
        AppriseReceiver(spec, Guard(()), with_pictures()).deliver(message(event("a")), RENDERED)


def test_a_failure_says_what_apprise_logs_without_secrets(
    hook: Hook, mail_server: tuple[int, list[bytes]]
) -> None:
    hook.answer = lambda number: 500
    with pytest.raises(DeliveryError) as caught:
        receiver(hook, LOOPBACK).deliver(message(event("a")), RENDERED)
    assert "error=500" in str(caught.value)
    assert TOKEN not in str(caught.value)
    port, told = mail_server
    spec = AppriseSpec.model_validate({"url": MAIL.format(port)})
    with pytest.raises(DeliveryError, match=r"535.*5\.7\.8 not known: AUTH PLAIN \*\*\*") as caught:
        AppriseReceiver(spec, Guard([LOOPBACK]), with_pictures()).deliver(message(event("a")), RENDERED)
    assert "pa55word" not in str(caught.value)
    assert any(line.startswith(b"AUTH PLAIN ") for line in told)


@pytest.mark.parametrize("between", [",", ", ", " "])
def test_a_second_url_behind_the_first_is_refused(hook: Hook, tmp_path: Path, between: str) -> None:
    first, second = "ntfy://8.8.8.8/topic", f"ntfy://127.0.0.1:{hook.port}/topic"
    with pytest.raises(ValidationError, match="several services"):
        AppriseSpec.model_validate({"url": between.join([first, second])})
    path = tmp_path / "url"
    path.write_text(first)
    spec = AppriseSpec.model_validate({"url": {"file": str(path)}})
    path.write_text(between.join([first, second]))  # a file is read, and judged, at each use
    with pytest.raises(SettingsError, match="several services"):
        AppriseReceiver(spec, Guard(()), with_pictures()).deliver(message(event("a")), RENDERED)
    assert hook.requests == 0


async def test_a_token_in_a_url_is_in_no_log_at_any_level(
    hook: Hook, client: GuardedClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send_both() -> None:
        await client.post(f"{hook.url}?token={TOKEN}", b"{}", {"authorization": TOKEN}, 5.0)
        receiver(hook, LOOPBACK).deliver(message(event("a")), RENDERED)
        hook.answer = lambda number: 500
        with pytest.raises(DeliveryError):
            receiver(hook, LOOPBACK).deliver(message(event("a")), RENDERED)
        hook.answer = lambda number: 200

    caplog.set_level(logging.DEBUG)
    levels = {name: logging.getLogger(name).level for name in ("aiohttp", "apprise", "urllib3")}
    try:
        for name in levels:
            logging.getLogger(name).setLevel(logging.NOTSET)
        with monkeypatch.context() as without:
            without.setattr(apprise_urls, "silence_libraries", lambda: None)
            await send_both()
        assert TOKEN in caplog.text  # without the cure they say it
        caplog.clear()
        silence_libraries()
        await send_both()
        assert caplog.text == ""
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize(
    ("spec", "pictures", "count"),
    [({}, with_pictures(), 1), ({"images": False}, with_pictures(), 0), ({}, without_pictures(), 0)],
)
def test_a_service_that_takes_images_gets_a_picture_of_the_series(
    hook: Hook, spec: dict[str, bool], pictures: Pictures, count: int
) -> None:
    url = f"ntfy://127.0.0.1:{hook.port}/topic"
    one = AppriseReceiver(AppriseSpec.model_validate({"url": url, **spec}), Guard([LOOPBACK]), pictures)
    one.deliver(message(event("a")), RENDERED)
    assert sum(body.startswith(b"\x89PNG") for _, body in hook.accepted) == count
