"""Every route refuses every wrong token. The routes come from the application, so none can escape."""

import base64
import hmac
import json
from collections.abc import Callable

import pytest
from fastapi.routing import APIRoute
from joserfc.jwk import RSAKey
from starlette.routing import Mount, Route

from anomaly_stream.api.routes import PUBLIC as OPEN_ROUTERS
from anomaly_stream.api.routes import ROUTERS
from tests.api.world import World

PUBLIC = {"livez", "readyz"}
OF_A_VIEWER = {"list", "read", "export", "validate", "preview", "stream"}
"""First words of the operations that a viewer may call: they change nothing."""


def _forged_none(world: World) -> str:
    _, claims, _ = world.new_jwt().split(".")
    return f"{_base64(json.dumps({'alg': 'none', 'kid': '1'}).encode())}.{claims}."


def _forged_hmac(world: World) -> str:
    """Signed with the text of the public key: a verifier that lets the token choose accepts it."""
    _, claims, _ = world.new_jwt().split(".")
    signed = f"{_base64(json.dumps({'alg': 'HS256', 'kid': '1'}).encode())}.{claims}"
    public = world.keys.key.as_pem(private=False)
    return f"{signed}.{_base64(hmac.digest(public, signed.encode(), 'sha256'))}"


def _base64(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _tampered(world: World) -> str:
    head, claims, signature = world.new_jwt(groups=["guests"]).split(".")
    body = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"groups": ["sre"]}
    return f"{head}.{_base64(json.dumps(body).encode())}.{signature}"


def _revoked(world: World) -> str:
    token = world.new_token("sre")
    assert world.call("GET", "/v1/configs", by=token).status_code == 200  # now it is remembered
    del world.stored[token.split("_")[1]]
    return token


WRONG: dict[str, tuple[Callable[[World], str], int]] = {
    "none": (lambda world: "", 401),
    "rubbish": (lambda world: "rubbish", 401),
    "unknown": (lambda world: "as_0123456789ab_secret", 401),
    "prefix alone": (lambda world: "as_" + world.token["sre"].split("_")[1], 401),
    "wrong secret": (lambda world: world.token["sre"][:-1] + "?", 401),
    "expired": (lambda world: world.new_token("sre", -1.0), 401),
    "revoked": (_revoked, 401),
    "of a group that is not in the settings": (lambda world: world.new_token("strangers"), 403),
    "JWT, alg none": (_forged_none, 401),
    "JWT, HMAC with the public key": (_forged_hmac, 401),
    "JWT, another audience": (lambda world: world.new_jwt(aud="another"), 401),
    "JWT, another issuer": (lambda world: world.new_jwt(iss="https://evil.example"), 401),
    "JWT, expired": (lambda world: world.new_jwt(exp=1), 401),
    "JWT, no expiry": (lambda world: world.new_jwt(exp=None), 401),
    "JWT, not yet": (lambda world: world.new_jwt(nbf=int(world.now) + 3600), 401),
    "JWT, another key": (lambda world: world.new_jwt(RSAKey.generate_key(2048)), 401),
    "JWT, unknown key id": (lambda world: world.new_jwt(header={"kid": "2"}), 401),
    "JWT, an algorithm that is not allowed": (lambda world: world.new_jwt(header={"alg": "RS512"}), 401),
    "JWT, tampered": (_tampered, 401),
    "JWT, without a group": (lambda world: world.new_jwt(groups=["strangers"]), 403),
    "JWT, groups of the wrong type": (lambda world: world.new_jwt(groups={"sre": 1}), 403),
}  # fmt: skip


def _routes(world: World) -> list[tuple[str, str, str]]:
    """Method, path and operation of every route."""
    found = []
    for path, operations in world.app.openapi()["paths"].items():
        for method, operation in operations.items():
            found.append((method.upper(), path.replace("{config_id}", "mine"), operation["operationId"]))
    return found


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    made.create(id="mine")
    return made


@pytest.mark.parametrize("kind", WRONG)
def test_every_route_refuses_every_wrong_token(world: World, kind: str) -> None:
    make, status = WRONG[kind]
    token = make(world)
    for method, path, operation in _routes(world):
        if operation not in PUBLIC:
            answer = world.call(method, path, {"metric": "checkout_x"}, by=token, If_Match="*")
            assert answer.status_code == status, (operation, answer.text)
            assert "WWW-Authenticate" in answer.headers or status == 403, operation
    assert list(world.store.registry.records) == ["mine"]


def test_the_table_has_every_route(world: World) -> None:
    """Routes outside the OpenAPI document are those of the document itself."""
    own = {route.name for route in world.app.routes if isinstance(route, Route | Mount)}
    assert own == {"openapi", "docs", "docs_assets"}
    for router in (*ROUTERS, *OPEN_ROUTERS):
        assert all(isinstance(route, APIRoute) and route.include_in_schema for route in router.routes)
    assert {operation for *_, operation in _routes(world)} >= PUBLIC


def test_a_viewer_changes_nothing(world: World) -> None:
    viewer = world.new_token("payments", role="viewer")
    for method, path, operation in _routes(world):
        if (
            operation not in PUBLIC
            and operation.split("_")[0] not in OF_A_VIEWER
            and "group" not in operation
        ):
            body = {"version": 1} if "rollback" in operation else {"metric": "checkout_x"}
            answer = world.call(method, path, body, by=viewer, If_Match="*")
            assert answer.status_code == 403, (operation, answer.text)
    assert list(world.store.registry.records) == ["mine"]


def test_a_viewer_previews_and_validates_what_it_may_see(world: World) -> None:
    for token in (world.new_token("payments", role="viewer"), world.token["guests"]):
        for path, seen in (("preview", {"since": "1h"}), ("validate", {})):
            for metric in ("checkout_x", "queries"):
                config = {"metric": metric}
                body = {"config": config, **seen} if seen else config
                answer = world.call("POST", f"/v1/configs:{path}", body, by=token)
                may_see = token == world.token["guests"] or metric == "checkout_x"
                assert answer.status_code == (200 if may_see else 403), answer.text
    assert (
        "checkout_, pay_"
        in world.call("POST", "/v1/configs:validate", {"metric": "queries"}, by=world.token["payments"]).text
    )


def test_another_group_finds_nothing(world: World) -> None:
    for method, path, operation in _routes(world):
        if "mine" in path:
            body = {"version": 1} if "rollback" in operation else {"metric": "checkout_x"}
            answer = world.call(method, path, body, by="search", If_Match="*")
            assert answer.status_code == 404, (operation, answer.text)


def test_right_tokens_are_admitted(world: World) -> None:
    for token in (
        world.token["payments"],
        world.new_jwt(),
        world.new_jwt(groups="sre", aud=["x", "anomaly-stream"]),
    ):
        assert world.call("GET", "/v1/configs", by=token).status_code == 200


def test_keys_are_rotated(world: World) -> None:
    before = world.keys.key
    world.keys.key = RSAKey.generate_key(2048, {"kid": "2"})
    assert world.call("GET", "/v1/configs", by=world.new_jwt(header={"kid": "2"})).status_code == 200
    world.keys.key = before


def test_a_caller_has_a_rate_limit() -> None:
    world = World(requests_per_minute="3")
    statuses = [world.call("GET", "/v1/configs").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert world.call("GET", "/v1/configs", by="search").status_code == 200
    assert int(world.call("GET", "/v1/configs").headers["Retry-After"]) in range(1, 62)


def test_secrets_cannot_be_tried_at_will() -> None:
    world = World()
    prefix = world.token["sre"].rpartition("_")[0][:15]
    assert all(world.call("GET", "/v1/configs", by=f"{prefix}_{n}").status_code == 401 for n in range(12))
    assert world.call("GET", "/v1/configs", by="search").status_code == 200
