"""Previews, histories and jobs: rights, formats and refusals. ``tests/integration`` has them on Kafka."""

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
    wrong = world.client.post("/v1/configs/past/history?timezone=Nowhere", content=b"", headers=history)
    assert wrong.status_code == 422
    assert world.client.post("/v1/configs/other/history", content=b"", headers=history).status_code == 404
