"""Requests go nowhere but to addresses that a receiver can have."""

import ipaddress

import pytest

from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.guarded_http import Guard, guarded_client, post
from tests.notify.world import Hook


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "0.0.0.0",
     "fe80::1", "fd00:ec2::254", "100.100.100.200", "224.0.0.1"],
)  # fmt: skip
def test_addresses_of_this_host_and_its_cloud_are_refused(host: str) -> None:
    with pytest.raises(DeliveryError, match="allowed_networks"):
        Guard(()).resolve(host, 80)


def test_other_addresses_and_allowed_networks_are_accepted() -> None:
    assert Guard(()).resolve("10.0.0.1", 80) == "10.0.0.1"
    assert Guard([ipaddress.ip_network("127.0.0.0/8")]).resolve("127.0.0.1", 80) == "127.0.0.1"


def test_a_request_to_this_host_is_not_made_and_a_failure_names_no_url() -> None:
    hook = Hook(lambda number: 500)
    try:
        with pytest.raises(DeliveryError, match="refused"):
            post(guarded_client(Guard(())), hook.url, b"{}", {}, 5.0)
        assert hook.requests == 0
        allowed = guarded_client(Guard([ipaddress.ip_network("127.0.0.0/8")]))
        with pytest.raises(DeliveryError) as caught:
            post(allowed, hook.url, b"{}", {}, 5.0)
        assert str(caught.value) == "HTTP status 500"
    finally:
        hook.close()
