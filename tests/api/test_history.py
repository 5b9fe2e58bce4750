"""Previews, histories and jobs: rights, formats and refusals. ``tests/integration`` has them on Kafka."""

import msgspec

from tests.api.world import World

CONFIG = {"id": "past", "metric": "checkout_latency_ms"}


def headers(world: World, group: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token[group]}"}


def test_a_preview_needs_the_rights_of_the_config_and_one_source() -> None:
    world = World()
    asked = {"config": CONFIG, "since": "2h"}
    answer = world.client.post("/v1/configs:preview", json=asked, headers=headers(world, "sre"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["alert_count"] == 0
    assert world.previews.tasks[0].since_ms == int((world.now - 7200) * 1000)
    for wrong in ({"config": CONFIG}, {**asked, "observations": []}, {**asked, "points": 1}):
        refused = world.client.post("/v1/configs:preview", json=wrong, headers=headers(world, "sre"))
        assert refused.status_code == 422, refused.text
    assert world.client.post("/v1/configs:preview", json=asked).status_code == 401


def test_a_history_becomes_a_job_that_its_owner_reads() -> None:
    world = World()
    mine = headers(world, "sre")
    assert world.client.post("/v1/configs", json=CONFIG, headers=mine).status_code == 201
    history = {**mine, "Content-Type": "text/csv"}
    started = world.client.post("/v1/configs/past/history", content=b"a,b\n", headers=history)
    assert started.status_code == 202, started.text
    assert world.jobs.histories == [b"a,b\n"]
    job = world.client.get(started.headers["Location"], headers=mine)
    assert job.json() == started.json()
    assert world.client.get("/v1/jobs/unknown", headers=mine).status_code == 404
    wrong = world.client.post("/v1/configs/past/history?timezone=Nowhere", content=b"a,b\n", headers=history)
    assert wrong.status_code == 422
    empty = world.client.post("/v1/configs/past/history", content=b"", headers=history)
    assert (empty.status_code, empty.json()["detail"]) == (422, "The body is empty: send observations.")
    assert world.client.post("/v1/configs/other/history", content=b"", headers=history).status_code == 404


def test_a_repeated_upload_starts_one_job() -> None:
    world = World()
    mine = headers(world, "sre")
    assert world.client.post("/v1/configs", json=CONFIG, headers=mine).status_code == 201
    upload = {**mine, "Content-Type": "text/csv", "Idempotency-Key": "k1"}
    path = "/v1/configs/past/history"
    first, again = (world.client.post(path, content=b"a,b\n", headers=upload) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert len(world.jobs.histories) == 1
    job = msgspec.structs.replace(world.jobs.jobs[first.json()["id"]], state="lost")
    world.jobs.jobs[job.id] = job
    assert world.client.post(path, content=b"a,b\n", headers=upload).json()["state"] == "done"
    other = {**upload, "Authorization": f"Bearer {world.new_token('sre')}"}  # keys belong to their caller
    assert world.client.post(path, content=b"a,b\n", headers=other).json()["id"] != job.id
    assert len(world.jobs.histories) == 3
