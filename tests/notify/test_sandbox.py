"""Templates cannot reach the internals of Python, end soon, and stay small."""

import tracemalloc
from typing import Any

import pytest
from jinja2 import TemplateError

from anomaly_stream.notify.sandbox import MAX_CHARACTERS, render
from anomaly_stream.notify.template_check import check_template

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


def doubled(first: str, twice: str, end: str = "ns.x") -> str:
    """A template that replaces its value 40 times by one of twice the size."""
    begin, step = f"{{% set ns = namespace(x={first}) %}}", f"{{% set ns.x = {twice} %}}"
    return f"{begin}{{% for i in range(40) %}}{step}{{% endfor %}}{{{{ {end} }}}}"


@pytest.mark.parametrize(
    "text",
    [
        doubled("'abcdefgh'", "ns.x ~ ns.x"),
        doubled("'abcdefgh'", "ns.x + ns.x"),
        doubled("[1]", "ns.x + ns.x", "ns.x | length"),
        doubled("[1]", "[ns.x, ns.x]"),
        doubled("[1]", "[ns.x, ns.x]", "ns.x | tojson"),
        doubled("(1,)", "(ns.x, ns.x)", "ns.x ~ ''"),
        doubled("{}", "{1: ns.x, 2: ns.x}"),
        doubled("{}", "dict(a=ns.x, b=ns.x)"),
        doubled("1", "namespace(a=ns.x, b=ns.x)"),
        doubled("'aaaaaaaa'", "ns.x.replace('a', 'aaaaaaaa')"),
        doubled("'aaaaaaaa'", "ns.x | replace('a', 'aaaaaaaa')"),
        doubled("'aaaaaaaa'", "[ns.x, ns.x, ns.x] | join"),
        doubled("'aaaaaaaa'", "''.join([ns.x, ns.x, ns.x])"),
        doubled("'aaaaaaaa'", "'%s%s' % (ns.x, ns.x)"),
        doubled("'aaaaaaaa'", "'{0}{0}'.format(ns.x)"),
        doubled("[]", "[ns.x, range(1000) | list]"),
        "{% set ns = namespace(x=1) %}{% macro m() %}" + "m" * 9000 + "{% endmacro %}"
        "{% for i in range(1000) %}{% set ns.x = [ns.x, m()] %}{% endfor %}",
        "{% for i in range(1000) %}{% set x %}" + "m" * 9000 + "{% endset %}{% endfor %}",
        "{% set x %}{% for i in range(999) %}" + "m" * 9000 + "{% endfor %}{% endset %}",
        "{{ 'x' | center(1000000000) }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ 'x'.zfill(1000000000) }}",
        "{{ (1).to_bytes(1000000000, 'big') }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:{}}'.format(1, 1000000000) }}",
        "{{ ('' | attr('format'))() }}{{ ('{:1000000000}' | attr('format'))(1) }}",
        "{{ ['{:1000000000}'] | map('format') | list }}",
        "{{ ['x'] | map('center', 1000000000) | list }}",
        "{{ [1] | tojson(indent=1000000000) }}",
        "{{ 'x' | indent(1000000000, first=true) }}",
        "{{ 1 | round(1000000000, 'ceil') }}",
        "{{ [[1], [2]] | sum(start=[]) }}",
        "{{ 'a\nb' | wordwrap(1, wrapstring='x' ~ ('y' | center(1000)) ) }}",
    ],
)
@pytest.mark.timeout(30)
def test_memory_is_bounded(text: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="is not a template that renders"):
            check_template(text)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_template_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="a template has at most 20,000 characters"):
        check_template("x" * 20_001)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 'a' ~ 1 ~ 'b' + 'c' }}", "a1bc"),
        ("{{ 'value %5.1f' % 12.34 }}", "value  12.3"),
        ("{{ '%s is %s' % ('load', 'high') }} 100%", "load is high 100%"),
        ("{{ '{} {:>5}'.format('load', 9) }}", "load     9"),
        ("{{ ', '.join(['a', 'b']) }} {{ ['a', 'b'] | join('; ') }}", "a, b a; b"),
        ("{{ alerts | map(attribute='labels.host') | map('upper') | join }}", "WEB-1"),
        ("{{ [1, 2] | sum }} {{ [{'v': 3}] | sum(attribute='v') }}", "3 3"),
        ("{{ 'one two' | truncate(4, true, '', 0) }} {{ 'a' | center(3) }}|", "one   a |"),
        (
            "{{ 2.345 | round(1) }} {{ [1, 'a'] }} {{ (1, 2) }} {{ none }} {{ true }}",
            "2.3 [1, 'a'] (1, 2) None True",
        ),
        ("{{ alerts[0].labels | tojson }} {{ 'abc'[1:] }}", '{"host": "web-1"} bc'),
        ("{% autoescape true %}<b>{{ '<' }}</b>{% endautoescape %}", "<b>&lt;</b>"),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{% set y %}{{ m(1) }}{% endset %}{{ y }}", "<1>"),
        ("{{ (alerts | groupby('labels.host') | first).grouper }}", "web-1"),
        ("{% if 'host' in alerts[0].labels and 'x'.startswith(('x', 'y')) %}yes{% endif %}", "yes"),
    ],
)
def test_what_templates_use_works(text: str, expected: str) -> None:
    assert render(text, CONTEXT) == expected


def test_large_messages_render() -> None:
    context = {"alerts": [{"labels": {"host": f"web-{n}"}, "explanation": "x" * 100} for n in range(200)]}
    line = "{{ a.labels.host }}: {{ a.explanation }}\n"
    text = "{% for a in alerts | sort(attribute='labels.host') %}" + line + "{% endfor %}"
    assert len(render(text, context)) == MAX_CHARACTERS


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
