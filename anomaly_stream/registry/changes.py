"""What differs between the configs in force before and after an update."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from anomaly_stream.registry.config_record import ConfigRecord
from anomaly_stream.registry.parsing import Config
from anomaly_stream.registry.registry import Registry

_MOST_CHARACTERS = 120
_ABSENT = object()


def config_changes(
    before: Registry,
    after: Registry,
    restarts: Callable[[Config, Config], Sequence[str]],
    deleted_by: Mapping[str, str],
) -> Iterator[str]:
    """A sentence for each config that was created, changed or deleted.

    Args:
        before: the configs in force until now.
        after: those from now on.
        restarts: the fields whose change restarts the baselines of a config.
        deleted_by: the author of a deletion by id, where it is known.
    """
    for config_id in sorted({*before.records, *after.records}):
        old, new = before.records.get(config_id), after.records.get(config_id)
        if old == new:
            continue
        if new is None:
            yield f"Config {config_id!r} was deleted{_by(deleted_by.get(config_id, ''))}, with its baselines"
        elif old is None:
            yield f"Config {config_id!r} was created{_by(new.author)}, version {new.version}"
        else:
            causes = restarts(old.config, new.config)
            baselines = f"restart because of {', '.join(causes)}" if causes else "continue"
            yield (
                f"Config {config_id!r} was changed{_by(new.author)}, version {old.version} -> {new.version}: "
                f"{', '.join(_fields(old, new)) or 'no field'}; its baselines {baselines}"
            )


def _by(author: str) -> str:
    return f" by {author}" if author else ""


def _fields(old: ConfigRecord, new: ConfigRecord) -> Iterator[str]:
    for name in sorted({*old.document, *new.document}):
        was, now = old.document.get(name, _ABSENT), new.document.get(name, _ABSENT)
        if was != now:
            yield f"{name} {_text(was)} -> {_text(now)}"


def _text(value: Any) -> str:
    if value is _ABSENT:
        return "(default)"
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 3] + "..."
