"""Jinja2 templates in a sandbox: no access to the internals of Python, and bounded time and memory."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from anomaly_stream.notify import template_budget
from anomaly_stream.notify.template_budget import Budget

MAX_CHARACTERS = 20_000
"""Longest title or text; the rest is cut off."""

_MAX_TEMPLATE = 20_000
_MAX_RANGE = 1_000
_MAX_SEPARATOR = 100
_COUNTED, _MADE, _WRITTEN = "each counted", "made", "written"  # not identifiers: no template can name them
_OF_VALUES = (
    *("abs", "attr", "count", "d", "default", "dictsort", "first", "float", "groupby", "int", "items"),
    *("last", "length", "list", "map", "max", "min", "reject", "rejectattr", "reverse", "select"),
    *("selectattr", "sort", "unique"),
)
_OF_TEXTS = (
    *("capitalize", "center", "e", "escape", "filesizeformat", "forceescape", "indent", "join", "lower"),
    *("replace", "round", "safe", "string", "title", "tojson", "trim", "truncate", "upper", "urlencode"),
    *("wordcount", "wordwrap"),
)


def render(text: str, context: Mapping[str, Any]) -> str:
    """The text of a template.

    Raises TemplateError, which covers access to internals and too much work, and what its expressions raise.
    """
    template = _compiled(text)  # before there is a budget, so that the compiler computes nothing itself
    budget = template_budget.current.set(Budget())
    try:
        pieces, length = [], 0
        for piece in template.generate(context):
            pieces.append(piece)
            length += len(piece)
            if length >= MAX_CHARACTERS:
                break
        return "".join(pieces)[:MAX_CHARACTERS]
    finally:
        template_budget.current.reset(budget)


class _Environment(ImmutableSandboxedEnvironment):
    """Counts the calls and what operators and methods make, so that a template ends soon and stays small."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An operator that can make much of little."""
        if operator in ("*", "**"):
            template_budget.check_product(operator, left, right)
        elif operator == "%" and isinstance(left, str | bytes):
            template_budget.check_format(left, right)
        return template_budget.made(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Any call of a template, also of its macros and recursive loops."""
        template_budget.current.get().step()
        _check_method(__obj, args, kwargs)
        return template_budget.made(super().call(__context, __obj, *args, **kwargs))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """The method ``format`` of a text, whose result is bounded."""
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None

        def formatted(*args: Any, **kwargs: Any) -> str:
            template_budget.check_format(value.__self__, [*args, *kwargs.values()])
            return wrapped(*args, **kwargs)

        return formatted


def _check_method(function: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Raises SecurityError if a method of a text or a number could make much of little."""
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if name == "join" and isinstance(owner, str):
        if len(owner) > _MAX_SEPARATOR:
            raise SecurityError(f"a separator has at most {_MAX_SEPARATOR} characters")
        for each in arguments:
            template_budget.made(list(template_budget.counted(each)))
    elif isinstance(owner, str | bytes | int | float):
        template_budget.check_arguments([*arguments, *named.values()])


class _Counting(NodeTransformer):
    """Has the passes of loops counted, and everything that is written or made without a call."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.iter = _filtered(node.iter, _COUNTED)
        return node

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [_filtered(each, _WRITTEN) for each in node.nodes]
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [_filtered(each, _WRITTEN) for each in node.nodes]
        return node

    def visit_List(self, node: nodes.List | nodes.Dict) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, _MADE)

    visit_Dict = visit_List  # noqa: N815

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, _MADE) if node.ctx == "load" else node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, _MADE) if isinstance(node.arg, nodes.Slice) else node


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    found = nodes.Filter(node, name, [], [], None, None)
    found.set_environment(_environment).set_lineno(node.lineno)
    return found


def _range(*arguments: int) -> range:
    found = range(*arguments)
    if len(found) > _MAX_RANGE:
        raise SecurityError(f"a range has at most {_MAX_RANGE:,} numbers")
    return found


@lru_cache(maxsize=1000)
def _compiled(text: str) -> Template:
    if len(text) > _MAX_TEMPLATE:
        raise SecurityError(f"a template has at most {_MAX_TEMPLATE:,} characters")
    code = _environment.compile(_Counting().visit(_environment.parse(text)))
    return Template.from_code(_environment, code, _environment.globals)


_environment = _Environment(undefined=StrictUndefined, autoescape=False)
_environment.filters = {
    **{name: template_budget.bounded_filter(_environment.filters[name], False) for name in _OF_VALUES},
    **{name: template_budget.bounded_filter(_environment.filters[name], True) for name in _OF_TEXTS},
    "sum": template_budget.sum_of_numbers,
    _COUNTED: template_budget.counted,
    _MADE: template_budget.made,
    _WRITTEN: template_budget.written,
}
_environment.globals["range"] = _range
del _environment.globals["lipsum"]  # random text of any length
