"""YAML and JSON texts to Python values, strictly: a duplicate key is an error."""

import json
from typing import Any

import yaml


def load_text(text: str, name: str) -> list[object]:
    """The YAML documents of ``text``, or its one JSON document if ``name`` ends in ``.json``.

    Empty documents are omitted.

    Raises:
        ValueError: it is neither YAML nor JSON; the message says where.
    """
    try:
        if name.endswith(".json"):
            return [json.loads(text, object_pairs_hook=_unique)]
        return [document for document in yaml.load_all(text, _Loader) if document is not None]
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(" ".join(str(error).split())) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, except that a duplicate key is an error, and a date stays a string."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (what PyYAML looks the tags of plain scalars up in)
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        _unique([(key.value, None) for key, _ in node.value if isinstance(key, yaml.ScalarNode)])
        return super().construct_mapping(node, deep)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping of ``pairs``. Raises ValueError if a key occurs twice."""
    mapping: dict[str, Any] = {}
    for key, value in pairs:
        if key in mapping:
            raise ValueError(f"the key {key!r} occurs twice in one mapping")
        mapping[key] = value
    return mapping
