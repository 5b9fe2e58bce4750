"""The values that a field takes, from its JSON Schema."""

from typing import Any

from scripts.reference.tables import code


def with_values(description: str, schema: dict[str, Any]) -> str:
    """The description, with the values that the field takes unless it names all of them itself."""
    values = _values(schema)
    if all(code(value) in description for value in values):
        return description
    return f"{description} Values: {', '.join(map(code, values))}{_or_number(schema)}."


def _or_number(schema: dict[str, Any]) -> str:
    return ", or a number" if any(each.get("type") == "number" for each in schema.get("anyOf", ())) else ""


def _values(schema: dict[str, Any]) -> list[str]:
    """Values of the field or of the alternatives that it takes, each once."""
    found = [str(value) for value in schema.get("enum", ()) if value is not None]
    for alternative in schema.get("anyOf", ()):
        found += _values(alternative)
    return list(dict.fromkeys(found))
