"""Templates cannot reach the internals of Python, and end soon."""

from typing import Any

import pytest
from jinja2 import TemplateError

from anomaly_stream.notify.sandbox import MAX_CHARACTERS, render
from anomaly_stream.notify.templates import check_template

CONTEXT: dict[str, Any] = {"alerts": [{"labels": {"host": "web-1"}}], "plural": str.upper}


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__'] }}",
        "{{ '' | attr('__class__') }}",
        "{{ '{0.__class__.__mro__}'.format(1) }}",
        "{{ alerts[0].__init__.__globals__ }}",
        "{{ plural.__globals__ }}",
        "{{ range.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ joiner.__init__.__globals__ }}",
        "{{ namespace.__init__.__globals__ }}",
        "{% set x = ''.__class__ %}{{ x }}",
        "{% for x in [''.__class__] %}{{ x }}{% endfor %}",
    ],
)
def test_internals_of_python_are_refused_and_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"access to attribute '__(class|init|globals)__' of .* is unsafe"):
        check_template(text)


@pytest.mark.parametrize("text", ["{{ alerts.append(1) }}", "{{ alerts[0].labels.update(host='x') }}"])
def test_a_template_changes_nothing(text: str) -> None:
    with pytest.raises(TemplateError, match=r"is unsafe|not safely callable"):
        render(text, CONTEXT)
    assert CONTEXT["alerts"] == [{"labels": {"host": "web-1"}}]


@pytest.mark.parametrize("text", ["{% include 'other' %}", "{% import 'os' as os %}", "{{ lipsum(1) }}"])
def test_there_is_nothing_to_include(text: str) -> None:
    with pytest.raises(ValueError, match=r"no loader|'lipsum' is undefined"):
        check_template(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{% for a in range(10000000) %}{% endfor %}", "a range has at most 1,000 numbers"),
        (
            "{% for a in range(999) %}{% for b in range(999) %}{% endfor %}{% endfor %}",
            "more than 20,000 steps",
        ),
        (
            "{% for a in [1] recursive %}{% if loop.depth < 20 %}{{ loop([1, 2]) }}{% endif %}{% endfor %}",
            "more than 20,000 steps",
        ),
        (
            "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
            "more than 20,000 steps",
        ),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "recursion"),
        ("{{ 'x' * 10000000000 }}", "is for numbers"),
        ("{{ 99 ** 99999999 }}", "not available"),
    ],
)
@pytest.mark.timeout(10)
def test_work_is_bounded(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_template(text)


def test_loops_arithmetic_and_long_texts_work() -> None:
    assert render("{% for a in range(3) %}{{ a * 2 }} {{ loop.last }},{% endfor %}", {}) == (
        "0 False,2 False,4 True,"
    )
    assert render("{% for k, v in alerts[0].labels.items() if v %}{{ k }}={{ v }}{% endfor %}", CONTEXT) == (
        "host=web-1"
    )
    for _ in range(30):  # the steps of one text are not those of the next one
        assert (
            len(render("{% for a in range(1000) %}{{ 'x' * 1 if false else 'y' }}{% endfor %}", {})) == 1000
        )
    long = "{% for a in range(1000) %}" + "y" * 50 + "{% endfor %}"
    assert len(render(long, {})) == MAX_CHARACTERS
