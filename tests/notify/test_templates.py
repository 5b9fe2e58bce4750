"""What people read: titles, sentences, links, and how long an alert lasted."""

import logging
from pathlib import Path

import pytest

from anomaly_stream.errors import ConfigError
from anomaly_stream.notify.state import AlertNews, Message
from anomaly_stream.notify.templates import Rendered, Templates
from tests.history.messages import NOW
from tests.notify.world import ROUTING, event, message, routing

URL = "https://alerts.example.com/{alert_id}?from=mail"
RESOLVED = event(
    "a", "resolved", at=NOW + 5000,
    episode={"start": NOW, "end": NOW + 4800.0, "peak_score": 90.0, "peak_value": 98.5, "count": 9},
)  # fmt: skip


def rendered(one: Message, url: str = "", title: str | None = None, text: str | None = None) -> Rendered:
    return Templates(url, {"team": (title, text)}).render(one)


def of_two() -> Message:
    news = tuple(AlertNews(None, (event(alert),)) for alert in ("a", "b"))
    return Message("m", "g", "team", {"host": "web-1"}, NOW, False, 2, news)


def test_a_new_alert_says_its_value_and_what_was_expected() -> None:
    found = rendered(message(event("a")))
    assert found == Rendered("minor: load", "firing, minor: load is 2\n  value 2, expected 1\n", "")


def test_the_end_says_how_long_it_lasted_and_its_peak() -> None:
    found = rendered(message(RESOLVED, before=event("a")))
    assert found.title == "Resolved: minor: load"
    assert found.text == "resolved, minor: load is 2\n  lasted 1 h 20 min, peak 98.5\n"


def test_templates_have_duration_and_peak() -> None:
    text = "{% for a in alerts %}{{ a.duration }} {{ a.peak }} {{ a.severity_before }}{% endfor %}"
    before = event("a", severity="severe")
    assert rendered(message(RESOLVED, before=before), text=text).text == "4800.0 98.5 severe"


def test_templates_have_the_side_which_is_empty_where_there_is_none() -> None:
    text = "{% for a in alerts %}{{ a.side or 'no side' }}{% endfor %}"
    assert rendered(message(event("a", side="below")), text=text).text == "below"
    assert rendered(message(event("a")), text=text).text == "no side"


def test_templates_have_the_condition_and_the_incident_which_may_be_empty() -> None:
    text = "{% for a in alerts %}{{ a.condition }} {{ a.incident_id or 'alone' }}{% endfor %}"
    assert rendered(message(event("a", condition="no_data", incident_id="i")), text=text).text == "no_data i"
    assert rendered(message(event("a")), text=text).text == "anomaly alone"


def test_a_link_leads_to_the_page_of_the_alert() -> None:
    one = rendered(message(event("a")), URL)
    assert one.link == "https://alerts.example.com/a?from=mail"
    assert one.link in one.text
    two = rendered(of_two(), URL)
    assert two.link == ""  # there is no page of both
    assert [line.strip() for line in two.text.splitlines() if "https" in line] == [
        "https://alerts.example.com/a?from=mail",
        "https://alerts.example.com/b?from=mail",
    ]
    assert two.title == "minor: 2 alerts (host web-1)"


def test_messages_have_no_link_without_an_address(tmp_path: Path) -> None:
    assert routing(tmp_path).templates.link_of("a") == ""
    given = routing(tmp_path, ROUTING + f'alert_url: "{URL}"\n')
    assert given.templates.link_of("a") == "https://alerts.example.com/a?from=mail"


@pytest.mark.parametrize("url", ["https://alerts.example.com/", "javascript:{alert_id}", "{alert_id}"])
def test_an_address_without_the_id_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"alert_url.*must be a URL that contains \{alert_id\}"):
        routing(tmp_path, ROUTING + f'alert_url: "{url}"\n')


def test_a_template_that_fills_the_memory_only_later_is_replaced(caplog: pytest.LogCaptureFixture) -> None:
    grows = "{% set ns.x = ns.x ~ ns.x %}"
    title = "{% set ns = namespace(x='a') %}{% if alerts | length > 1 %}{% for i in range(40) %}"
    with caplog.at_level(logging.ERROR):
        found = rendered(of_two(), title=f"{title}{grows}{{% endfor %}}{{% endif %}}")
    assert found.title == "minor: 2 alerts (host web-1)"
    assert "it makes more than 200,000 characters" in caplog.text


def test_a_template_that_fails_is_logged_and_the_default_is_used(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        found = rendered(of_two(), title="{% if alerts | length > 1 %}{{ ''.__class__ }}{% endif %}")
    assert found.title == "minor: 2 alerts (host web-1)"
    assert "A template of receiver team fails, the default is used" in caplog.text


def test_a_title_that_renders_nothing_is_the_default() -> None:
    title = "{{ labels.service | default('') }} "
    assert rendered(message(event("a")), title=title).title == "minor: load"
