"""Lines of the fields of a YAML or JSON text, for messages."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

import yaml

from anomaly_stream.registry.faults import field_path
from anomaly_stream.registry.yaml_json import compose

_LAST_STEP = re.compile(r"(\.[^.\[]*|\[\d+\])$")


class FieldLines:
    """Where the fields of a text are. The text is read at the first question: most texts have no fault."""

    def __init__(self, text: str, name: str) -> None:
        # Unlike YAML, JSON may be indented with tabs.
        self._text = text.expandtabs() if name.endswith(".json") else text
        self._name = name

    def place(self, field: str) -> str:
        """``f.yaml:7`` for the line of ``field``, counted from 1; without a line where it is unknown.

        A field that is missing has the line of what it is missing from.
        """
        at = field
        while at not in self._lines and (shorter := _LAST_STEP.sub("", at)) != at:
            at = shorter
        line = self._lines.get(at, self._lines.get(field_path(())))
        return self._name if line is None else f"{self._name}:{line}"

    @cached_property
    def _lines(self) -> dict[str, int]:
        """Lines by the path of a field."""
        lines: dict[str, int] = {}
        try:
            documents = list(compose(self._text))
            for number, document in enumerate(documents):
                at = ("document", number) if len(documents) > 1 else ()
                for path, line in _walk(document, at, document.start_mark.line + 1, set()):
                    lines.setdefault(path, line)
        except (yaml.YAMLError, RecursionError):
            return {}  # JSON that is not YAML
        return lines


def _walk(node: yaml.Node, at: Sequence[int | str], line: int, seen: set[int]) -> Iterator[tuple[str, int]]:
    """The paths of ``node`` and of all within it; what an alias repeats has the line of its anchor only."""
    yield field_path(at), line
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _walk(value, (*at, str(key.value)), key.start_mark.line + 1, seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, element in enumerate(node.value):
            yield from _walk(element, (*at, number), element.start_mark.line + 1, seen)
