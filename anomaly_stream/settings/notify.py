"""How notifications are delivered."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, IPvAnyNetwork

from anomaly_stream.settings.section import Section


def _split(value: object) -> object:
    parts = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    if isinstance(parts, list | tuple):
        for part in parts:
            _check_host_bits(part)
    return parts


def _check_host_bits(part: object) -> None:
    """Raises ValueError for an address with a mask, in place of its network."""
    try:
        meant = ipaddress.ip_interface(str(part)).network
    except ValueError:
        return
    if "/" in str(part) and str(ipaddress.ip_interface(str(part)).ip) != str(meant.network_address):
        raise ValueError(f"{part} is an address within a network: write {meant}")


class NotifySettings(Section):
    """How `anomaly-stream notify` delivers alerts."""

    routing_file: Path | None = Field(default=None, description="YAML file with routes and receivers.")
    first_start: Literal["end", "beginning"] = Field(
        default="end",
        description="Where the alerts topic is read from by the first notifier of a namespace: `end` leaves "
        "out the alerts that are there already.",
    )
    allowed_networks: Annotated[tuple[IPvAnyNetwork, ...], BeforeValidator(_split)] = Field(
        default=(),
        description="Networks of receivers that are refused otherwise: loopback, link-local, metadata "
        "services of clouds, multicast. For example `127.0.0.0/8`.",
    )
    retry_first_s: float = Field(
        default=1.0, gt=0, le=600, description="Maximum seconds before the second attempt; doubled each time."
    )
    retry_most_s: float = Field(default=300.0, gt=0, le=3600, description="Maximum seconds between attempts.")
    give_up_after_s: float = Field(
        default=14_400.0,
        gt=0,
        le=604_800,
        description="Seconds after which a message that fails goes to `topics.undelivered`. A restart begins "
        "them anew.",
    )
    concurrency: int = Field(
        default=8, ge=1, le=100, description="Maximum number of requests in flight to one receiver."
    )
    metrics_port: int = Field(
        default=9467,
        ge=0,
        le=65535,
        description="Port for the metrics and health of `anomaly-stream notify`, on `metrics.host`; 0 picks "
        "a free one.",
    )

    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The networks that are accepted."""
        return self.allowed_networks
