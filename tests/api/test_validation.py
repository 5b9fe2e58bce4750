"""Properties of validation over HTTP: any JSON is answered, and all faults are named at once."""

import functools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anomaly_stream.model import AnomalyDetectionConfig
from tests.api.world import World

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
FIELDS = sorted(AnomalyDetectionConfig.__struct_fields__)
LIKELY = st.dictionaries(st.sampled_from([*FIELDS, "match", "members", "by"]), JSON, max_size=6)
OF_PYDANTIC = ("Value error", "Assertion failed", "Input should")
"""How messages begin that are not written for the users of the API."""
BAD: dict[str, Any] = {
    "metric": 3,
    "match": "site",
    "sensitivity": "huge",
    "direction": "sideways",
    "min_observations": -1,
    "baseline_period": "soon",
    "owner": {},
    "detectors": ["psychic"],
    "invented": 1,
}


@functools.cache
def world() -> World:
    return World()


@pytest.mark.parametrize("kind", ["configs", "groups"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=LIKELY | JSON)
def test_any_json_is_answered(kind: str, document: object) -> None:
    made = world()
    headers = {"Authorization": f"Bearer {made.token['sre']}", "Content-Type": "application/json"}
    answer = made.client.post(f"/v1/{kind}:validate", content=json.dumps(document), headers=headers)
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 422:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["errors"]
        assert all(fault["message"] for fault in answer.json()["errors"])
        assert not any(fault["message"].startswith(OF_PYDANTIC) for fault in answer.json()["errors"])
    else:
        assert answer.json()["config"]["id"]


@settings(max_examples=40, deadline=None)
@given(wrong=st.sets(st.sampled_from(sorted(BAD)), min_size=1))
def test_every_fault_is_named_by_its_field(wrong: set[str]) -> None:
    document = {"metric": "checkout_ms"} | {name: BAD[name] for name in wrong}
    answer = world().call("POST", "/v1/configs:validate", document, by="sre")
    assert answer.status_code == 422, answer.text
    named = {fault["field"].split(".")[0].split("[")[0] for fault in answer.json()["errors"]}
    assert named == wrong


def test_a_document_of_the_other_kind_has_one_fault_with_the_cure() -> None:
    group = {"id": "g", "members": [{"metric": "checkout_ms"}, {"metric": "checkout_rate"}]}
    said: dict[str, str] = {}
    for path, document in (
        ("/v1/configs", group),
        ("/v1/configs:preview", {"config": group, "observations": []}),
        ("/v1/groups", {"metric": "checkout_ms"}),
    ):
        answer = world().call("POST", path, document, by="sre")
        assert answer.status_code == 422, answer.text
        [fault] = answer.json()["errors"]
        said[path] = f"{fault['field']} {fault['message']}"
    assert said["/v1/configs"] == said["/v1/configs:preview"]
    assert said["/v1/configs"].startswith("members makes this a group: send it to /v1/groups")
    assert said["/v1/groups"] == "metric makes this a config of a single metric: send it to /v1/configs"
