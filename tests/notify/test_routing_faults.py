"""What can never work is refused when the routing file is read, with the cure; what is right is accepted."""

import base64
from pathlib import Path

import pytest

from anomaly_stream.apps.notifier import routing_of
from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.notify.routing_file import load_routing
from anomaly_stream.settings import load_settings
from tests.notify.world import LOOPBACK, routing

ROUTES = """\
route:
  receiver: team
  routes: {routes}
receivers:
  - name: team
    webhook: {webhook}
"""
WEBHOOK = '{url: "https://hooks.example.com/"}'


def faults_of(directory: Path, text: str) -> list[FieldFault]:
    """The faults of a routing file; their places are those of the fields."""
    try:
        routing(directory, text)
    except ConfigError as error:
        return [FieldFault(one.field.split(": ", 1)[1], one.message) for one in error.faults]
    return []


def of_webhook(directory: Path, webhook: str) -> list[FieldFault]:
    return faults_of(directory, ROUTES.format(routes="[]", webhook=webhook))


def of_receiver(directory: Path, receiver: str) -> list[FieldFault]:
    text = f"route: {{receiver: team}}\nreceivers:\n  - name: team\n    {receiver}\n"
    return faults_of(directory, text)


def only(faults: list[FieldFault], field: str) -> str:
    """The message of the one fault, which is at this field."""
    assert [one.field for one in faults] == [field]
    return faults[0].message


def signing(size: int) -> str:
    return f"whsec_{base64.b64encode(bytes(size)).decode()}"


@pytest.mark.parametrize(
    "secret",
    [
        "whsec_abc",
        "whsec_",
        "abc",
        signing(23),
        signing(65),
        signing(32).removeprefix("whsec_"),
        "whsec_%%%%",
    ],
)
def test_a_secret_without_a_key_of_24_to_64_bytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("HOOK_SECRET", secret)
    faults = of_webhook(tmp_path, '{url: "https://hooks.example.com/", secret: {env: HOOK_SECRET}}')
    message = only(faults, "receivers[0].webhook.secret")
    assert message.startswith(
        "the variable HOOK_SECRET: must be whsec_ and the base64 of 24 to 64 random bytes"
    )
    assert "openssl rand" in message


@pytest.mark.parametrize("size", [24, 64])
def test_the_shortest_and_the_longest_key_are_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setenv("HOOK_SECRET", signing(size))
    assert not of_webhook(tmp_path, '{url: "https://hooks.example.com/", secret: {env: HOOK_SECRET}}')


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("http://[::1", "in brackets"),
        ("http://h:99999999/", "from 1 to 65535"),
        ("http://h:0/", "from 1 to 65535"),
        ("http://h:x/", "from 1 to 65535"),
        ("http://a..b/", "a name or an address"),
        ("http://a b/", "%20"),
        ("http://h/a b", "%20"),
        ("http://h/a\\tb", "%20"),
        ("https:///path", "and a host"),
        ("https://hooks.example.com/${TOKEN}", "write {env: NAME} or {file: PATH}"),
        ("ftp://h/", "begins with https:// or http://"),
        ("http://169.254.169.254/", "notify.allowed_networks"),
        ("http://[::ffff:169.254.169.254]/", "notify.allowed_networks"),
        ("http://[fd00:ec2::254]/", "notify.allowed_networks"),
        ("http://2852039166/", "notify.allowed_networks"),
        ("http://0xa9.0xfe.0xa9.0xfe/", "notify.allowed_networks"),
        ("http://[::1]:8000/", "notify.allowed_networks"),
    ],
)
def test_a_url_that_can_never_be_reached_is_refused(tmp_path: Path, url: str, cure: str) -> None:
    assert cure in only(of_webhook(tmp_path, f'{{url: "{url}"}}'), "receivers[0].webhook.url")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "LOCALHOST.", "a.localhost"])
def test_this_host_is_refused_unless_its_network_is_allowed(tmp_path: Path, host: str) -> None:
    text = ROUTES.format(routes="[]", webhook=f'{{url: "http://{host}:8000/"}}')
    settings = {"ANOMALY_STREAM_NOTIFY__ROUTING_FILE": str(tmp_path / "routing.yaml")}
    (tmp_path / "routing.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"notify\.allowed_networks"):
        routing_of(load_settings(environ=settings))
    settings["ANOMALY_STREAM_NOTIFY__ALLOWED_NETWORKS"] = "127.0.0.0/8"
    assert routing_of(load_settings(environ=settings)).receivers


@pytest.mark.parametrize(
    "host", ["hooks.example.com:8443", "10.0.0.1", "[fd00::1]:80", "hooks_1", "é.example"]
)
def test_other_urls_are_accepted(tmp_path: Path, host: str) -> None:
    assert not of_webhook(tmp_path, f'{{url: "https://{host}/a?b=c"}}')


@pytest.mark.parametrize(
    "name",
    [
        *("content-length", "Content-Type", "Host", "transfer-encoding", "connection"),
        *("Idempotency-Key", "webhook-id", "webhook-timestamp", "webhook-signature"),
    ],
)
def test_a_header_that_the_product_sets_is_refused(tmp_path: Path, name: str) -> None:
    faults = of_webhook(tmp_path, f'{{url: "https://hooks.example.com/", headers: {{{name}: "1"}}}}')
    message = only(faults, f"receivers[0].webhook.headers.{name}")
    assert message == f"{name.lower()} is set by anomaly-stream: omit it"


def test_all_faulty_headers_are_reported_at_once(tmp_path: Path) -> None:
    headers = r'{"a\nb": x, "c d": x, x-y: "v\r\nx-z: 1", x-e: "\e[2J", host: x, "": x, x: "1", x-no: ""}'
    faults = of_webhook(tmp_path, f'{{url: "https://hooks.example.com/", headers: {headers}}}')
    at = "receivers[0].webhook.headers."
    assert {one.field.removeprefix(at) for one in faults} == {
        *(r"a\nb", "c d", "x-y", "x-e", "host", "", "x-no"),
    }


@pytest.mark.parametrize(
    "name",
    ["Authorization", "X-Api-Key", "x-auth-token", "Cookie", "X-Gitlab-Token", "x-password", "api-key"],
)
def test_a_header_with_a_secret_is_not_written_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for written in ("s3cret", "{value: s3cret}"):
        faults = of_webhook(
            tmp_path, f'{{url: "https://hooks.example.com/", headers: {{{name}: {written}}}}}'
        )
        message = only(faults, f"receivers[0].webhook.headers.{name}")
        assert message == "is a secret: name its file or variable, {file: PATH} or {env: NAME}"
    monkeypatch.setenv("HOOK_HEADER", "s3cret")
    assert not of_webhook(
        tmp_path, f'{{url: "https://hooks.example.com/", headers: {{{name}: {{env: HOOK_HEADER}}}}}}'
    )
    monkeypatch.setenv("HOOK_HEADER", "two\nlines")
    assert of_webhook(
        tmp_path, f'{{url: "https://hooks.example.com/", headers: {{{name}: {{env: HOOK_HEADER}}}}}}'
    )


@pytest.mark.parametrize(
    "webhook",
    [
        '{url: "https://h/", headers: {X-Team: a, x-team: b}}',
        '{url: "https://user:pass@h/", bearer_token: {env: T}}',
        '{url: "https://h/", headers: {authorization: {env: T}}, bearer_token: {env: T}}',
    ],
)
def test_a_header_is_given_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, webhook: str) -> None:
    monkeypatch.setenv("T", "t0ken")
    (fault,) = of_webhook(tmp_path, webhook)
    assert "keep one" in fault.message or "twice" in fault.message


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("nosuch://", "lists all"),
        ("slack://X", "cannot use this slack:// URL"),
        ("slack", "must be a URL of Apprise"),
        ("syslog://", "rsyslog://"),
        ("gnome://", "receiver that people read"),
        ("json://h/", "use a webhook receiver"),
        ("ntfy://169.254.169.254/topic", "notify.allowed_networks"),
        ("mmost://2852039166/3ccdd113474722377935511fc85d3dd4", "notify.allowed_networks"),
        ("ntfy://[::1/topic", "cannot"),
    ],
)
def test_a_url_that_apprise_cannot_use_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, url: str, cure: str
) -> None:
    faults = of_receiver(tmp_path, f'apprise: {{url: "{url}"}}')
    assert cure in only(faults, "receivers[0].apprise.url")
    monkeypatch.setenv("SERVICE", url)
    faults = of_receiver(tmp_path, "apprise: {url: {env: SERVICE}}")
    assert cure in only(faults, "receivers[0].apprise.url")
    assert caplog.text == ""


@pytest.mark.parametrize(
    "url",
    [
        "mailto://user:password@example.com",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#c",
        f"workflows://prod-1.westeurope.logic.azure.com:443/{'a' * 32}/signature_abcdefgh/",  # Teams
        "pagerduty://integrationkey1234@apikey1234",
        "opsgenie://12345678-1234-1234-1234-123456789012",
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
        "rsyslog://10.1.2.3",
    ],
)
def test_urls_that_apprise_can_use_are_accepted(tmp_path: Path, url: str) -> None:
    assert not of_receiver(tmp_path, f'apprise: {{url: "{url}"}}')


def test_an_alertmanager_has_the_url_that_its_api_is_added_to(tmp_path: Path) -> None:
    for url in ("http://am:9093/api/v2/alerts", "http://am:9093/?a=b", "http://am/#x"):
        faults = of_receiver(tmp_path, f'alertmanager: {{urls: ["{url}"]}}')
        assert "/api/v2/alerts is added" in only(faults, "receivers[0].alertmanager.urls[0]")
    assert not of_receiver(tmp_path, 'alertmanager: {urls: ["http://am:9093/prefix/"]}')


@pytest.mark.parametrize(
    ("topic", "is_refused"),
    [
        *((f"prod-{name}", True) for name in ("metrics", "anomaly-alerts", "anomaly-notifications")),
        *((f"prod-{name}", True) for name in ("anomaly-configs", "anomaly-undelivered", "anomaly-silences")),
        ("prod-anomaly-stream-state-changelog", True),
        ("__consumer_offsets", True),
        ("..", True),
        ("anomaly-alerts", False),
        ("prod-notified", False),
    ],
)
def test_no_receiver_writes_to_the_products_own_topics(tmp_path: Path, topic: str, is_refused: bool) -> None:
    path = tmp_path / "routing.yaml"
    path.write_text(f"route: {{receiver: team}}\nreceivers:\n  - name: team\n    kafka: {{topic: {topic}}}\n")
    settings = load_settings(
        environ={"ANOMALY_STREAM_NAMESPACE": "prod", "ANOMALY_STREAM_NOTIFY__ROUTING_FILE": str(path)}
    )
    if is_refused:
        with pytest.raises(ConfigError, match="write to a topic of your own"):
            routing_of(settings)
    else:
        assert routing_of(settings).receivers["team"].kafka


@pytest.mark.parametrize(
    ("matchers", "cure"),
    [
        ("['severity = catastrophic']", "known are minor, moderate, severe"),
        ("['severity != sever']", "did you mean 'severe'"),
        ("""['severity =~ "minor|moderat"']""", "did you mean 'moderate'"),
        ("""['severity !~ ".*"']""", "holds for no event"),
        ("['reason = distnace']", "did you mean 'distance'"),
        ("['side = up']", "known are above, below"),
        ("['Side = above']", "did you mean 'side'"),
        ("['condition = nodata']", "did you mean 'no_data'"),
        ("""['host !~ ".*"']""", "excludes every value"),
        ("['owner = a, team = b']", "write each as an element"),
        ("""['severity="severe",owner="a"']""", "write each as an element"),
        ("""["owner = 'a'"]""", "double quotes"),
        ("""['owner = "a']""", "end it with a quote"),
        ("['owner = a', 'owner = b']", "hold for no event together"),
        ("""['owner = a', 'owner =~ "b.*"']""", "hold for no event together"),
        ("""['host =~ "web|db-1"', 'host =~ "app|cache"']""", "hold for no event together"),
        ("['Severity = severe']", "did you mean 'severity'"),
        ("['alertname = x']", "did you mean 'config_id'"),
        ("['labels.host = a']", "labels are named without `labels.`: host"),
        ("['value = 1']", "a field that routes do not know"),
        ("['status = resolved']", "goes wherever the alert went"),
        ("""['status =~ "firing|updated"']""", "goes wherever the alert went"),
    ],
)
def test_a_route_that_no_event_takes_is_refused(tmp_path: Path, matchers: str, cure: str) -> None:
    faults = faults_of(tmp_path, ROUTES.format(routes=f"[{{matchers: {matchers}}}]", webhook=WEBHOOK))
    assert len(faults) == 1
    assert cure in faults[0].message


def test_matchers_of_the_routes_above_count(tmp_path: Path) -> None:
    routes = "[{matchers: ['severity = minor'], routes: [{matchers: ['severity = severe']}]}]"
    faults = faults_of(tmp_path, ROUTES.format(routes=routes, webhook=WEBHOOK))
    assert "hold for no event together" in only(faults, "route.routes[0].routes[0].matchers")


@pytest.mark.parametrize(
    "matchers",
    [
        """['severity =~ "mod.*"', 'severity != minor']""",
        "['severity =~ .+']",
        "['reason = \"\"', 'host = catastrophic']",
        "['condition = no_data']",
        "['side = \"\"', 'reason != distance']",
        """['owner = "a, b = c"', 'team = a,b']""",
        "['status = 500', 'host =~ \"web|db\"', 'host =~ \"db|cache\"']",
    ],
)
def test_matchers_that_some_event_satisfies_are_accepted(tmp_path: Path, matchers: str) -> None:
    assert not faults_of(tmp_path, ROUTES.format(routes=f"[{{matchers: {matchers}}}]", webhook=WEBHOOK))


def test_routes_behind_one_that_takes_everything_are_refused(tmp_path: Path) -> None:
    text = ROUTES.format(routes="[{group_by: [host]}, {matchers: ['owner = a']}]", webhook=WEBHOOK)
    assert "receive nothing" in only(faults_of(tmp_path, text), "route.routes[0]")
    assert not faults_of(tmp_path, text.replace("[host]", "[host], continue: true"))


def of_two_routes(directory: Path, first: str, second: str) -> list[FieldFault]:
    """The faults of two siblings with these matchers."""
    routes = f"[{{matchers: ['{first}']}}, {{matchers: ['{second}']}}]"
    return faults_of(directory, ROUTES.format(routes=routes, webhook=WEBHOOK))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("owner = a", "owner = a"),
        ("owner = a", "owner = a', 'host = b"),
        ('host =~ "a|b"', "host = a"),
        ('owner =~ "pay.*"', "owner = payments"),
        ('owner =~ "pay.*"', 'owner =~ "payments|payroll"'),
        ('severity =~ "minor|severe"', "severity = severe"),
        ("severity != minor", "severity = severe', 'owner = a"),
        ('owner =~ "a.*"', 'owner =~ "a.*"'),
    ],
)
def test_a_route_whose_events_an_earlier_one_takes_is_refused(
    tmp_path: Path, first: str, second: str
) -> None:
    message = only(of_two_routes(tmp_path, first, second), "route.routes[1]")
    assert message.startswith("receives nothing")
    assert not of_two_routes(tmp_path, f"{first}'], continue: true, group_by: ['host", second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("owner = a', 'host = b", "owner = a"),
        ("host = a", 'host =~ "a|b"'),
        ('owner =~ "pay.*"', 'owner =~ "pay|bill"'),
        ("severity = severe", "severity != minor"),
        ("host = a", "owner = a"),
        ("host != a", 'host =~ "a|b"'),
    ],
)
def test_a_route_that_an_earlier_one_leaves_something_is_accepted(
    tmp_path: Path, first: str, second: str
) -> None:
    assert not of_two_routes(tmp_path, first, second)


@pytest.mark.parametrize(
    "first", ['owner =~ ".*"', 'severity =~ "minor|moderate|severe"', 'host =~ "(?s).*"']
)
def test_matchers_that_every_event_satisfies_take_everything(tmp_path: Path, first: str) -> None:
    routes = f"[{{matchers: ['{first}']}}, {{matchers: ['owner = a']}}, {{matchers: ['owner = b']}}]"
    faults = faults_of(tmp_path, ROUTES.format(routes=routes, webhook=WEBHOOK))
    assert only(faults, "route.routes[0]").startswith("takes everything")
    last = f"[{{matchers: ['owner = a']}}, {{matchers: ['{first}']}}]"
    assert not faults_of(tmp_path, ROUTES.format(routes=last, webhook=WEBHOOK))


def test_several_earlier_routes_together_leave_nothing(tmp_path: Path) -> None:
    each = ", ".join(f"{{matchers: ['severity = {one}']}}" for one in ("minor", "moderate", "severe"))
    text = ROUTES.format(routes=f"[{each}, {{matchers: ['owner = a']}}]", webhook=WEBHOOK)
    assert "put it before them" in only(faults_of(tmp_path, text), "route.routes[3]")
    assert not faults_of(tmp_path, text.replace("'severity = minor'", "'severity = minor', 'host = a'"))


def test_routes_above_count_in_what_is_left(tmp_path: Path) -> None:
    below = "routes: [{matchers: ['severity = severe']}, {matchers: ['host = a']}]"
    text = ROUTES.format(routes=f"[{{matchers: ['severity != minor'], {below}}}]", webhook=WEBHOOK)
    assert not faults_of(tmp_path, text)
    faults = faults_of(tmp_path, text.replace("!= minor", '=~ "severe"'))
    assert "takes everything" in only(faults, "route.routes[0].routes[0]")


INTERVALS = """time_intervals:
  - {name: never, time_intervals: [{days_of_month: ['31'], months: [february]}]}
  - {name: past, time_intervals: [{years: ['2020']}]}
  - {name: always, time_intervals: [{weekdays: ['monday:sunday']}]}
  - {name: week, time_intervals: [{weekdays: ['monday:friday'], location: Asia/Tokyo}]}
  - {name: weekend, time_intervals: [{weekdays: ['saturday:sunday'], location: Asia/Tokyo}]}
  - {name: weekend_utc, time_intervals: [{weekdays: ['saturday:sunday']}]}
  - name: nights
    time_intervals:
      - times: [{start_time: '20:00', end_time: '24:00'}, {start_time: '00:00', end_time: '08:00'}]
  - {name: days, time_intervals: [{times: [{start_time: '08:00', end_time: '20:00'}]}]}
  - {name: leap, time_intervals: [{days_of_month: ['29'], months: [february], weekdays: [monday]}]}
  - {name: far, time_intervals: [{years: ['2100:2104'], months: [february], days_of_month: ['29']}]}
  - {name: to_2090, time_intervals: [{years: ['2020:2090']}]}
"""


@pytest.mark.parametrize(
    ("mute", "active", "field"),
    [
        ("", "never", "active"),
        ("", "past", None),
        ("days", "never", "active"),
        ("always", "", "mute"),
        ("week, weekend", "", "mute"),
        ("nights, days", "", "mute"),
        ("week", "week", "mute"),
        ("nights, weekend", "nights", "mute"),
        ("", "never, days", None),
        ("never, past", "", None),
        ("week, weekend_utc", "", None),
        ("nights", "days", None),
        ("", "leap", None),
        ("", "far", None),
        ("to_2090", "", None),
        ("to_2090", "past, far", None),
    ],
)
def test_a_route_whose_messages_wait_for_ever_is_refused(
    tmp_path: Path, mute: str, active: str, field: str | None
) -> None:
    route = f"{{mute_time_intervals: [{mute}], active_time_intervals: [{active}]}}"
    faults = faults_of(tmp_path, ROUTES.format(routes=f"[{route}]", webhook=WEBHOOK) + INTERVALS)
    if field is None:
        assert not faults
    else:
        assert "wait for ever: " in only(faults, f"route.routes[0].{field}_time_intervals")


def test_times_that_are_over_are_a_warning_so_that_a_valid_file_stays_valid(tmp_path: Path) -> None:
    text = ROUTES.format(routes="[{active_time_intervals: [past]}]", webhook=WEBHOOK) + INTERVALS
    assert "The times of route.routes[0] are over, so its messages wait for ever: correct the years" in (
        routing(tmp_path, text).warnings
    )


def test_the_intervals_of_a_route_are_not_those_of_the_routes_below(tmp_path: Path) -> None:
    text = ROUTES.format(routes="[{mute_time_intervals: [week]}]", webhook=WEBHOOK) + INTERVALS
    text = text.replace("receiver: team\n", "receiver: team\n  active_time_intervals: [week]\n", 1)
    assert not faults_of(tmp_path, text)


@pytest.mark.parametrize(
    ("names", "cure"),
    [
        ("[host, host]", "twice"),
        ('["...", host]', "omit the others"),
        ('[""]', "omit it"),
        ("[host, Owner]", "did you mean 'owner'"),
        ("[labels.host]", "named without `labels.`"),
        ("[value]", "a field that routes do not know"),
    ],
)
def test_group_by_names_each_label_once(tmp_path: Path, names: str, cure: str) -> None:
    text = ROUTES.format(routes=f"[{{group_by: {names}}}]", webhook=WEBHOOK)
    assert cure in only(faults_of(tmp_path, text), "route.routes[0].group_by")


@pytest.mark.parametrize(
    "url", ["https://a/{alert_id}/{", "https://a/{alert_id}/{id}", "https://a b/{alert_id}"]
)
def test_an_address_of_the_page_has_no_other_braces_and_is_a_url(tmp_path: Path, url: str) -> None:
    text = ROUTES.format(routes="[]", webhook=WEBHOOK) + f'alert_url: "{url}"\n'
    assert "no other braces" in only(faults_of(tmp_path, text), "alert_url")


@pytest.mark.parametrize(
    ("intervals", "fields"),
    [
        ("[{nights: []}]", {"[0].name", "[0].time_intervals", "[0].nights"}),
        ("{nights: []}", {""}),
        (
            "[{name: nights, time_intervals: [{times: [{start_time: '25:00', end_time: '26:00'}]}]}]",
            {f"[0].time_intervals[0].times[0].{each}_time" for each in ("start", "end")},
        ),
        (
            "[{name: nights, time_intervals: [{weekdays: [mo]}]}]",
            {"[0].time_intervals[0].weekdays"},
        ),
    ],
)
def test_a_faulty_time_interval_has_its_own_faults_alone(
    tmp_path: Path, intervals: str, fields: set[str]
) -> None:
    routes = "[{matchers: ['owner = a'], mute_time_intervals: [nights]}]"
    text = ROUTES.format(routes=routes, webhook=WEBHOOK) + f"time_intervals: {intervals}\n"
    assert {one.field for one in faults_of(tmp_path, text)} == {f"time_intervals{field}" for field in fields}


def test_what_no_route_uses_is_known(tmp_path: Path) -> None:
    text = ROUTES.format(routes="[]", webhook=WEBHOOK)
    text += '  - name: pager\n    webhook: {url: "https://pager.example.com/"}\n'
    text += "time_intervals: [{name: nights, time_intervals: [{}]}]\n"
    assert routing(tmp_path, text, LOOPBACK).warnings == (
        "No route uses the receiver pager",
        "No route uses the time interval nights",
    )


def test_names_show_no_control_characters(tmp_path: Path) -> None:
    text = ROUTES.format(routes="[]", webhook=WEBHOOK).replace("team", '"te\\eam"')
    assert "control characters" in only(faults_of(tmp_path, text), "receivers[0].name")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: &a [*a]\n", "cannot be read: nested too deeply"),
        (b"a: \xff\n", "cannot be read: is not UTF-8: invalid start byte at byte 3"),
        (b"", "must be one mapping"),
        (b"a: 1\n---\nb: 2\n", "must be one mapping"),
    ],
)
def test_a_file_that_is_no_document_is_one_clear_fault(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "routing.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_routing(path, LOOPBACK)
    (fault,) = caught.value.faults
    assert fault.field == str(path)
    assert fault.message.startswith(reason)


def test_values_of_another_kind_say_what_is_meant(tmp_path: Path) -> None:
    text = ROUTES.format(
        routes="[{match: {severity: severe}}, {matchers: [a==b], continue: maybe}]", webhook="{url: 5}"
    )
    assert {one.field: one.message for one in faults_of(tmp_path, text)} == {
        "route.routes[0].match": "unknown field; did you mean 'matchers'?",
        "route.routes[1].matchers[0]": "must be a text such as 'owner = payments' or "
        """'severity =~ "moderate|severe"'""",
        "route.routes[1].continue": "must be true or false",
        "receivers[0].webhook.url": "must be a text, {file: PATH} or {env: NAME}",
    }


def test_a_timeout_holds_up_the_end_of_the_process_for_minutes_at_most(tmp_path: Path) -> None:
    assert not of_webhook(tmp_path, '{url: "https://hooks.example.com/", timeout: 5m}')
    faults = of_webhook(tmp_path, '{url: "https://hooks.example.com/", timeout: 6m}')
    assert "300" in only(faults, "receivers[0].webhook.timeout")


def test_a_label_that_an_alert_may_lack_has_a_default(tmp_path: Path) -> None:
    text = ROUTES.format(routes="[]", webhook=WEBHOOK)
    faults = faults_of(tmp_path, text + '    title: "{{ labels.service }}"\n')
    assert "{{ labels.NAME | default('') }}" in only(faults, "receivers[0].title")
    assert not faults_of(tmp_path, text + """    title: "{{ labels.service | default('') }}"\n""")


@pytest.mark.parametrize("written", ["0", "0s", "0m", "0h"])
def test_a_group_may_wait_for_nothing(tmp_path: Path, written: str) -> None:
    text = ROUTES.format(routes=f"[{{group_wait: {written}}}]", webhook=WEBHOOK)
    assert routing(tmp_path, text).root.routes[0].timing.wait_s == 0.0


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("{% if resolved %}{{ nope }}{% endif %}x", "renders the end of an alert: 'nope' is undefined"),
        ("{% if reminder %}{{ nope }}{% endif %}x", "renders a reminder: 'nope' is undefined"),
        ("{% if alerts | length > 1 %}{{ nope }}{% endif %}x", "renders several alerts: 'nope' is undefined"),
        ("{% if alerts[0].severity_before %}{{ nope }}{% endif %}x", "renders a severity that rises: 'nope'"),
        ("{% if not open and alerts | length > 1 %}{{ nope }}{% endif %}x", "renders the end of several"),
        ("", "is empty: write a title, or omit"),
        (" ", "is empty"),
    ],
)
def test_a_title_renders_and_is_not_empty_for_each_kind_of_message(
    tmp_path: Path, title: str, message: str
) -> None:
    text = ROUTES.format(routes="[]", webhook=WEBHOOK)
    assert message in only(faults_of(tmp_path, f"{text}    title: '{title}'\n"), "receivers[0].title")
    is_text = faults_of(tmp_path, f"{text}    text: '{title}'\n")
    assert [one.field for one in is_text] == (["receivers[0].text"] if "nope" in title else [])


def test_the_first_route_has_nothing_to_continue_with(tmp_path: Path) -> None:
    text = ROUTES.format(routes="[]", webhook=WEBHOOK).replace("routes:", "continue: true\n  routes:")
    assert "omit it" in only(faults_of(tmp_path, text), "route.continue")


OF_ALERTMANAGER = """\
route:
  receiver: team
  repeat_interval: 1h
  routes:
    - matchers: ['owner = a']
      receiver: manager
      group_by: [host, severity, side]
      group_wait: 1s
      group_interval: 1m
      repeat_interval: 2h
      routes: {below}
receivers:
  - name: team
    webhook: {{url: "https://hooks.example.com/"}}
  - name: manager
    alertmanager: {{urls: ["http://alertmanager.example.com:9093"]}}
    title: a
    text: b
"""


def test_settings_that_alertmanager_does_not_have_are_warnings(tmp_path: Path) -> None:
    alone = OF_ALERTMANAGER.format(below="[{matchers: ['host = b']}]")
    of_receiver = [
        f"receivers[1].{one} has no effect: Alertmanager has templates of its own"
        for one in ("title", "text")
    ]
    itself = "has no effect: Alertmanager groups and repeats alerts itself"
    assert list(routing(tmp_path, alone).warnings) == [
        *of_receiver,
        *(f"route.routes[0].{one} {itself}" for one in ("group_wait", "group_interval", "repeat_interval")),
        "route.routes[0].group_by: severity, side has no effect: Alertmanager identifies alerts by labels",
    ]
    inherited = OF_ALERTMANAGER.format(below="[{receiver: team, group_wait: 5s}]")
    assert list(routing(tmp_path, inherited).warnings) == [
        *of_receiver,
        f"route.routes[0].group_wait {itself}",
    ]
