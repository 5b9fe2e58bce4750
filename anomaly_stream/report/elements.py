"""HTML elements. Text and attributes are escaped when the tree is written."""

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

Child = Element | str


def element(tag: str, *children: Child, **attributes: str) -> Element:
    """An element; a trailing underscore of an attribute's name is dropped, others become hyphens."""
    made = Element(tag, {name.rstrip("_").replace("_", "-"): text for name, text in attributes.items()})
    last: Element | None = None
    for child in children:
        if isinstance(child, Element):
            made.append(child)
            last = child
        elif last is None:
            made.text = (made.text or "") + child
        else:
            last.tail = (last.tail or "") + child
    return made


def table(head: Sequence[str], rows: Iterable[Sequence[Child]], numbers_from: int = 1) -> Element:
    """A table whose columns from number ``numbers_from`` on hold numbers; scrolls if it is too wide."""

    def cells(tag: str, row: Sequence[Child]) -> list[Element]:
        return [
            element(tag, cell, **({"class": "number"} if at >= numbers_from else {}))
            for at, cell in enumerate(row)
        ]

    body = [element("tr", *cells("td", row)) for row in rows]
    inner = element(
        "table",
        element("thead", element("tr", *cells("th", head))),
        element("tbody", *body),
    )
    return element("div", inner, class_="scroll")
