"""What the settings say that a routing file must fit."""

from collections.abc import Set
from dataclasses import dataclass

from pydantic import ValidationInfo

from anomaly_stream.notify.addresses import Network, refusal_of_host


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The context in which a routing file is validated.

    Attributes:
        allowed: networks of receivers that are refused otherwise.
        topics: names of the product's own topics, to which no receiver may write.
    """

    allowed: tuple[Network, ...] = ()
    topics: Set[str] = frozenset()


def check_host(host: str, info: ValidationInfo) -> None:
    """Raises ValueError if no request to this host will be made. Without a context nothing is refused."""
    if isinstance(info.context, Surroundings):
        refusal = refusal_of_host(host, info.context.allowed)
        if refusal is not None:
            raise ValueError(refusal)


def check_topic(topic: str, info: ValidationInfo) -> str:
    """The topic. Raises ValueError if it is one of the product's own."""
    if topic.startswith("__") or topic in (".", ".."):
        raise ValueError("is a name that Kafka keeps for itself: write to a topic of your own")
    if isinstance(info.context, Surroundings) and topic in info.context.topics:
        raise ValueError(f"{topic} is a topic of anomaly-stream itself: write to a topic of your own")
    return topic
