"""Configs as YAML: for ``configs export``, and for differences."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from anomaly_stream.registry.yaml_json import load_text, plain

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./ -]*[A-Za-z0-9_]|[A-Za-z_]")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


class _Dumper(yaml.SafeDumper):
    """Quotes every text that any schema of YAML could read as something else."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_plain = _PLAIN.fullmatch(text) is not None and text.lower() not in _WORDS
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


_Dumper.add_representer(str, _text)


def to_yaml(document: Mapping[str, Any]) -> str:
    """``document`` as YAML, fields in their order, which reads back as the same document."""
    text = yaml.dump(plain(dict(document)), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    if plain(load_text(text, "config.yaml")) != [plain(dict(document))]:
        raise AssertionError(f"YAML that does not read back: {text!r}")
    return text


def difference(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, name: str) -> Iterator[str]:
    """The lines of a unified diff; None: the config does not exist."""
    old, new = (to_yaml(one).splitlines() if one is not None else [] for one in (before, after))
    yield from difflib.unified_diff(
        old, new, f"{name} (in force)" if old else "/dev/null", name if new else "/dev/null", lineterm=""
    )
