"""Configs and groups by the API, on a store in memory."""

import pytest

from tests.api.world import World


@pytest.fixture
def world() -> World:
    return World()


def test_the_least_that_creates_a_config(world: World) -> None:
    answer = world.call("POST", "/v1/configs", {"metric": "checkout_ms", "match": {"env": "prod"}})
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/v1/configs/checkout_ms"
    created = answer.json()
    assert created["config"] == {
        "metric": "checkout_ms", "match": {"env": "prod"}, "owner": "payments", "id": "checkout_ms"
    }  # fmt: skip
    assert (created["version"], created["restarts"], created["dry_run"]) == (1, [], False)
    assert "next 30 values" in created["learning"]
    read = world.call("GET", "/v1/configs/checkout_ms")
    assert read.headers["ETag"] == answer.headers["ETag"]
    assert read.json()["config"] == created["config"]


def test_all_faults_at_once_with_the_texts_of_the_command_line(world: World) -> None:
    answer = world.call("POST", "/v1/configs", {"sensitivity": "x", "metrc": 1})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    errors = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert errors == {
        "metric": "is required",
        "sensitivity": "must be low, medium, high or a number from 0 to 1, not 'x'",
        "metrc": "unknown field; did you mean 'metric'?",
    }
    assert world.call("POST", "/v1/configs:validate", {"metric": 3}).json()["errors"] == [
        {"field": "metric", "message": "must be a string: write '3' in quotes"}
    ]


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"metric": "a", "metric": "b"}', "application/json", 400),
        (b'{"metric": "\\ud800"}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"", "application/json", 400),
        (b'{"metric": "a"}', "text/plain", 415),
        (b'{"metric": "pay_a"}', "application/vnd.x+json; charset=utf-8", 201),
        (b'{"metric": "pay_a", "min_deviation": 1' + b"0" * 400 + b"}", "application/json", 422),
        (b'{"metric": "pay_a", "resolve_after": 1' + b"0" * 30 + b"}", "application/json", 422),
    ],
)
def test_bodies_of_all_kinds(world: World, content: bytes, media_type: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {world.token['payments']}", "Content-Type": media_type}
    answer = world.client.post("/v1/configs", content=content, headers=headers)
    assert answer.status_code == status, answer.text


def test_a_change_names_the_version_that_it_replaces(world: World) -> None:
    tag = world.create().headers["ETag"]
    changed = {"metric": "checkout_ms", "sensitivity": "high"}
    assert world.call("PUT", "/v1/configs/checkout_ms", changed).status_code == 428
    first = world.call("PUT", "/v1/configs/checkout_ms?reason=too+quiet", changed, If_Match=tag)
    assert (first.status_code, first.json()["version"], first.json()["reason"]) == (200, 2, "too quiet")
    stale = world.call("PATCH", "/v1/configs/checkout_ms", {"sensitivity": "low"}, If_Match=tag)
    assert (stale.status_code, stale.headers["ETag"]) == (412, first.headers["ETag"])
    assert first.headers["ETag"] in stale.json()["detail"]
    assert world.call("DELETE", "/v1/configs/checkout_ms", If_Match=tag).status_code == 412
    gone = world.call("DELETE", "/v1/configs/checkout_ms", If_Match=first.headers["ETag"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert world.call("GET", "/v1/configs/checkout_ms").status_code == 404


def test_the_tag_of_a_deleted_config_does_not_fit_its_successor(world: World) -> None:
    tag = world.create().headers["ETag"]
    assert world.call("DELETE", "/v1/configs/checkout_ms", If_Match=tag).status_code == 204
    world.now += 1
    world.create()
    assert world.call("DELETE", "/v1/configs/checkout_ms", If_Match=tag).status_code == 412


def test_what_restarts_baselines_is_said_before_and_with_the_change(world: World) -> None:
    world.create(detectors=["zscore"])
    path, patch = "/v1/configs/checkout_ms", {"baseline_period": "3d", "sensitivity": "high"}
    asked = world.call("PATCH", f"{path}?dry_run=true", patch, If_Match="*").json()
    assert (asked["restarts"], asked["dry_run"], asked["version"]) == (["baseline_period"], True, 2)
    assert world.call("GET", path).json()["version"] == 1
    assert world.call("PATCH", path, {"sensitivity": "high"}, If_Match="*").json()["restarts"] == []
    assert world.call("PATCH", path, patch, If_Match="*").json()["restarts"] == ["baseline_period"]


def test_versions_and_rollback(world: World) -> None:
    world.create()
    path = "/v1/configs/checkout_ms"
    world.call("PATCH", f"{path}?reason=noisy", {"sensitivity": "low", "labels": {"a": "b"}}, If_Match="*")
    versions = world.call("GET", f"{path}/versions").json()["items"]
    assert [(one["version"], one["reason"]) for one in versions] == [(2, "noisy"), (1, "")]
    assert [change["field"] for change in versions[0]["changes"]] == ["labels", "sensitivity"]
    back = world.call("POST", f"{path}:rollback", {"version": 1}, If_Match="*").json()
    assert (back["version"], back["reason"]) == (3, "rollback to version 1")
    assert back["config"] == versions[1]["config"]
    unknown = world.call("POST", f"{path}:rollback", {"version": 9}, If_Match="*")
    assert (unknown.status_code, unknown.json()["errors"][0]["message"]) == (422, "is not kept: 1, 2, 3 are")
    for body in ({"version": True}, {"version": 1, "x": 2}, [], {}):
        assert world.call("POST", f"{path}:rollback", body, If_Match="*").status_code == 422


def test_ten_past_versions_are_kept(world: World) -> None:
    world.create()
    for number in range(15):
        patch = {"annotations": {"note": str(number)}}
        assert world.call("PATCH", "/v1/configs/checkout_ms", patch, If_Match="*").status_code == 200
    kept = world.call("GET", "/v1/configs/checkout_ms/versions").json()["items"]
    assert [one["version"] for one in kept] == list(range(16, 5, -1))


def test_a_repeated_request_creates_one_config(world: World) -> None:
    body = {"metric": "checkout_ms"}
    first = world.call("POST", "/v1/configs", body, Idempotency_Key="k1")
    world.call("PATCH", "/v1/configs/checkout_ms", {"sensitivity": "low"}, If_Match="*")
    again = world.call("POST", "/v1/configs", body, Idempotency_Key="k1")
    assert (first.status_code, again.status_code, again.json()["version"]) == (201, 201, 2)
    assert world.call("POST", "/v1/configs", {"metric": "pay_x"}, Idempotency_Key="k1").status_code == 422
    assert world.call("POST", "/v1/configs", body, Idempotency_Key="k2").status_code == 409
    other = world.call("POST", "/v1/configs", {"metric": "x"}, by="search", Idempotency_Key="k1")
    assert other.status_code == 201  # keys belong to their caller


def test_an_id_that_is_taken_is_refused_with_what_the_caller_can_do(world: World) -> None:
    world.create()
    own = "The id 'checkout_ms' is taken: choose another id, or replace the config with PUT and If-Match."
    other = "The id 'checkout_ms' is taken: choose another id."
    body = {"metric": "x", "id": "checkout_ms"}
    members = {"id": "checkout_ms", "members": {"a": "checkout_ms", "b": "pay_s"}}
    viewer = world.new_token("payments", role="viewer")
    for by, path, document, said in (
        ("payments", "/v1/configs", {"metric": "checkout_ms"}, own),
        ("sre", "/v1/configs", body, own),
        ("search", "/v1/configs", body, other),
        ("payments", "/v1/groups", members, other),  # a group cannot replace a config
    ):
        answer = world.call("POST", path, document, by)
        assert (answer.status_code, answer.json()["detail"]) == (409, said), by
    assert world.call("PUT", "/v1/configs/checkout_ms", body, "search", If_Match="*").status_code == 404
    assert world.call("POST", "/v1/configs", body, viewer).status_code == 403


def test_a_group_sees_and_changes_its_own_configs_alone(world: World) -> None:
    world.create()
    world.create(by="search", metric="queries", id="q")
    assert [one["id"] for one in world.call("GET", "/v1/configs", by="search").json()["items"]] == ["q"]
    for method, body in (("GET", None), ("PUT", {"metric": "x"}), ("PATCH", {}), ("DELETE", None)):
        answer = world.call(method, "/v1/configs/checkout_ms", body, "search", If_Match="*")
        assert answer.status_code == 404, method
    assert len(world.call("GET", "/v1/configs", by="sre").json()["items"]) == 2
    assert world.call("DELETE", "/v1/configs/q", by="sre", If_Match="*").status_code == 204


@pytest.mark.parametrize(
    ("body", "by"),
    [
        ({"metric": "queries"}, "payments"),  # another's metrics
        ({"metric": "*"}, "payments"),
        ({"metric": "[c]heckout_ms"}, "payments"),
        ({"metric": "checkout_ms", "owner": "search"}, "payments"),
        ({"metric": "checkout_ms", "owner": ""}, "payments"),
        ({"metric": "x"}, "guests"),  # viewers
    ],
)
def test_what_a_group_may_not_create(world: World, body: object, by: str) -> None:
    assert world.call("POST", "/v1/configs", body, by).status_code == 403
    assert len(world.store.registry) == 0


def test_a_config_cannot_be_given_to_another_group(world: World) -> None:
    world.create()
    answer = world.call("PATCH", "/v1/configs/checkout_ms", {"owner": "search"}, If_Match="*")
    assert answer.status_code == 403


def test_a_token_can_do_less_than_its_group(world: World) -> None:
    world.create()
    reader = world.new_token("payments", role="viewer")
    assert world.call("GET", "/v1/configs/checkout_ms", by=reader).status_code == 200
    assert world.call("DELETE", "/v1/configs/checkout_ms", by=reader, If_Match="*").status_code == 403


def test_filters_and_pages(world: World) -> None:
    for number in range(5):
        world.create(id=f"c{number}", metric="checkout_*", match={"env": f"=~p{number}.*"})
    world.create(id="other", metric="pay_s", annotations={"runbook": "See Wiki"})

    def ids(query: str) -> list[str]:
        answer = world.call("GET", f"/v1/configs?{query}")
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert ids("metric=checkout_ms") == ["c0", "c1", "c2", "c3", "c4"]
    assert ids("label=env%3Dp3x") == ["c3"]
    assert ids("label=env") == ["c0", "c1", "c2", "c3", "c4"]
    assert ids("q=see+wiki") == ["other"]
    assert ids("owner=search") == []
    first = world.call("GET", "/v1/configs?limit=4").json()
    assert [one["id"] for one in first["items"]] == ["c0", "c1", "c2", "c3"]
    world.call("DELETE", "/v1/configs/c3", If_Match="*")  # a cursor survives the config that it names
    second = world.call("GET", f"/v1/configs?limit=4&cursor={first['next']}").json()
    assert ([one["id"] for one in second["items"]], second["next"]) == (["c4", "other"], None)
    assert world.call("GET", "/v1/configs?cursor=%25").status_code == 422
    assert world.call("GET", "/v1/configs?nonsense=1").status_code == 422


def test_groups_have_routes_of_their_own(world: World) -> None:
    members = {"a": "checkout_ms", "b": "pay_s"}
    assert world.call("POST", "/v1/groups", {"id": "g", "members": members}).status_code == 201
    assert world.call("GET", "/v1/configs/g").status_code == 404
    assert world.call("GET", "/v1/groups/g").json()["config"]["members"] == members
    said = world.call("GET", "/v1/configs/g").json()["detail"]
    assert said == "There is no config 'g'. /v1/groups/g is there."
    fault = world.call("POST", "/v1/groups", {"metric": "checkout_ms"}).json()["errors"]
    assert fault == [
        {
            "field": "metric",
            "message": "makes this a config of a single metric: send it to /v1/configs",
        }
    ]
    patch = {"members": {"b": None, "c": "queries"}}
    assert world.call("PATCH", "/v1/groups/g", patch, If_Match="*").status_code == 403
    answer = world.call("PATCH", "/v1/groups/g", {"members": {"c": "pay_t"}}, If_Match="*")
    assert answer.json()["restarts"] == ["members"]


def test_health_and_unknown_paths(world: World) -> None:
    assert world.call("GET", "/livez", by="").json() == {"status": "ok"}
    assert world.call("GET", "/readyz", by="").json() == {"status": "ok"}
    lost = world.call("GET", "/nothing", by="")
    assert (lost.status_code, lost.headers["Content-Type"]) == (404, "application/problem+json")
    assert lost.json()["detail"] == "Nothing is at /nothing: /docs lists the paths."
    assert world.call("PUT", "/v1/configs:validate").status_code == 405


def test_every_answer_has_the_headers_of_a_careful_service(world: World) -> None:
    for path in ("/livez", "/v1/configs", "/nothing"):
        headers = world.call("GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "access-control-allow-origin" not in headers
