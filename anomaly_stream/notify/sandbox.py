"""Jinja2 templates in a sandbox: no access to the internals of Python, and a bounded number of steps."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_CHARACTERS = 20_000
"""Longest title or text; the rest is cut off."""

_MAX_STEPS = 20_000
_MAX_RANGE = 1_000
_MAX_FACTOR = 1e15
_STEPS = "steps left"  # not an identifier: no template can name it
_COUNTED = "counted"


def render(text: str, context: Mapping[str, Any]) -> str:
    """The text of a template.

    Raises TemplateError, which covers access to internals and too many steps, and what its expressions raise.
    """
    return _compiled(text).render({**context, _STEPS: [_MAX_STEPS]})[:MAX_CHARACTERS]


class _Environment(ImmutableSandboxedEnvironment):
    """Counts the passes of loops and the calls, so that a template ends soon."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """A product of moderate numbers. Others would fill the memory, as repeated texts would."""
        factors = [abs(each) for each in (left, right) if isinstance(each, int | float)]
        if operator == "**" or len(factors) < 2 or max(factors) > _MAX_FACTOR:
            raise SecurityError(f"* is for numbers up to {_MAX_FACTOR:g}, and ** is not available")
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Any call of a template, also of its macros and recursive loops."""
        _count(__context)
        return super().call(__context, __obj, *args, **kwargs)


def _count(context: Context) -> None:
    left = context[_STEPS]
    left[0] -= 1
    if left[0] < 0:
        raise SecurityError(f"it takes more than {_MAX_STEPS:,} steps")


@pass_context
def _counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _count(context)
        yield item


def _range(*arguments: int) -> range:
    found = range(*arguments)
    if len(found) > _MAX_RANGE:
        raise SecurityError(f"a range has at most {_MAX_RANGE:,} numbers")
    return found


@lru_cache(maxsize=1000)
def _compiled(text: str) -> Template:
    tree = _environment.parse(text)
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, _COUNTED, [], [], None, None)
        loop.iter.set_environment(_environment).set_lineno(loop.lineno)
    code = _environment.compile(tree)
    return Template.from_code(_environment, code, _environment.globals)


_environment = _Environment(undefined=StrictUndefined, autoescape=False)
_environment.filters[_COUNTED] = _counted
_environment.globals["range"] = _range
del _environment.globals["lipsum"]  # random text of any length
