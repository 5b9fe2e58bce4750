"""YAML and JSON texts to Python values, strictly: a duplicate key is an error.

YAML is read by the core schema of YAML 1.2, in which ``NO`` and ``on`` are texts, ``1:30`` is a text, and
``0123`` is decimal. Numbers keep how they were written, for messages.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

_YAML_CURES = {
    "'\\t'": ": indent with spaces",
    "mapping values are not allowed": ": align the fields, and put a text with ': ' in quotes",
    "scanning an alias": ": put a text that begins with '*' in quotes",
    "undefined alias": ": put a text that begins with '*' in quotes",
    "scanning a tag": ": put a text that begins with '!' in quotes",
    "for the tag '!": ": put a text that begins with '!' in quotes",
    "for the tag 'tag:yaml.org,2002:value'": ": put a text that begins with '=' in quotes",
    "cannot start any token": ": put the text in quotes",
}
"""What is usually meant, by a part of PyYAML's message."""


def load_text(text: str, name: str) -> list[object]:
    """The YAML documents of ``text``, or its one JSON document if ``name`` ends in ``.json``.

    Empty documents are omitted.

    Raises:
        ValueError: it is neither YAML nor JSON; the message says where.
    """
    try:
        if name.endswith(".json"):
            return [json.loads(text, object_pairs_hook=_unique, parse_int=_integer, parse_float=_real)]
        return [document for document in yaml.load_all(text, _Loader) if document is not None]
    except yaml.MarkedYAMLError as error:
        raise ValueError(_syntax_fault(error)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(" ".join(str(error).split())) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def compose(text: str) -> Iterator[yaml.Node]:
    """The nodes of the YAML documents of ``text``, which know their lines. Empty documents are omitted.

    Raises:
        yaml.YAMLError: it is not YAML.
    """
    for node in yaml.compose_all(text, _Loader):
        if not (isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"):
            yield node


def _syntax_fault(error: yaml.MarkedYAMLError) -> str:
    """Where the text is not YAML, why, and the usual cure."""
    mark = error.problem_mark or error.context_mark
    problem = " ".join(str(error.problem or error.context).split())
    if mark is None:
        return problem
    cure = next((cure for part, cure in _YAML_CURES.items() if part in f"{error.context} {problem}"), "")
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}{cure}"


class WrittenInt(int):
    """An integer that was written in another way than Python prints it: ``0123``."""

    text = ""


class WrittenFloat(float):
    """A number that was written in another way than Python prints it: ``1.10``."""

    text = ""


def as_written(value: object) -> str:
    """The text of a scalar as the user wrote it."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return value.text if isinstance(value, WrittenInt | WrittenFloat) else str(value)


def written(value: object) -> str:
    """A value for a message: a scalar as the user wrote it, the kind of any other."""
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    return repr(value[:40]) if isinstance(value, str) else as_written(value)[:40]


def plain(value: Any) -> Any:
    """``value`` without the texts of its numbers."""
    if isinstance(value, dict):
        return {key: plain(element) for key, element in value.items()}
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, WrittenInt):
        return int(value)
    return float(value) if isinstance(value, WrittenFloat) else value


def _integer(text: str) -> int:
    digits = text.replace("_", "")
    prefix = digits.lstrip("+-")[:2].lower()
    value = int(digits, 0) if prefix in ("0x", "0o") else int(digits)
    if str(value) == text:
        return value
    written = WrittenInt(value)
    written.text = text
    return written


def _real(text: str) -> float:
    value = float(text.lower().replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
    if str(value) == text:
        return value
    written = WrittenFloat(value)
    written.text = text
    return written


class _Loader(yaml.SafeLoader):
    """YAML's safe loader by the core schema of YAML 1.2, except that a duplicate key is an error."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (what PyYAML looks the tags of plain scalars up in)
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag.rpartition(":")[2] not in ("timestamp", "bool", "int", "float")
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in keys:
                    raise yaml.constructor.ConstructorError(None, None, _twice(key.value), key.start_mark)
                keys.add(key.value)
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+."),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))
_Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: _integer(node.value))
_Loader.add_constructor("tag:yaml.org,2002:float", lambda _, node: _real(node.value))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping of ``pairs``. Raises ValueError if a key occurs twice."""
    mapping: dict[str, Any] = {}
    for key, value in pairs:
        if key in mapping:
            raise ValueError(_twice(key))
        mapping[key] = value
    return mapping


def _twice(key: str) -> str:
    return f"the key {key!r} occurs twice in one mapping"
