"""A group sent as a config, or the reverse: one fault that names the cure, not one for each of its fields."""

from collections.abc import Mapping

from anomaly_stream.errors import ConfigError, FieldFault

_OF_CONFIG = FieldFault(
    "members", "makes this a group: send it to /v1/groups; previews are of configs of a single metric"
)
_OF_GROUP = FieldFault("metric", "makes this a config of a single metric: send it to /v1/configs")


def check_kind(document: Mapping[str, object], of_group: bool) -> None:
    """Raise ConfigError if ``document`` is of the other kind than the path that it was sent to."""
    given = {"metric", "members"} & document.keys()
    fault = _OF_GROUP if of_group else _OF_CONFIG
    if given == {fault.field}:
        raise ConfigError((fault,))
