"""An application on a store in memory, with callers of every kind."""

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from prometheus_client import CollectorRegistry

from anomaly_stream.api.app import create_app
from anomaly_stream.api.auth.admission import Admission, RateLimit, wrong_secrets
from anomaly_stream.api.auth.oidc import JwtVerifier, KeySource
from anomaly_stream.api.auth.tokens import TokenVerifier, new_token
from anomaly_stream.api.history_jobs import HistoryJobs
from anomaly_stream.api.live import LiveAlerts
from anomaly_stream.api.previews import Previews
from anomaly_stream.api.state import ApiState, ConfigStore
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.config_writer import Decide, Deletion
from anomaly_stream.kafka.tokens_topic import StoredToken, Tokens
from anomaly_stream.kafka.worker_status import WorkerStatus
from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.ops.api_metrics import ApiMetrics
from anomaly_stream.registry.registry import Registry
from anomaly_stream.registry.series_command import encode_command
from anomaly_stream.settings import Settings, load_settings
from tests.api.operating import MemoryFeed, MemorySilences
from tests.api.recorded_history import RecordedHistory
from tests.api.tasks import EmptyPreviews, InstantJobs, JobRecords

ISSUER, AUDIENCE = "https://id.example", "anomaly-stream"
GROUPS = {
    "payments": {"role": "editor", "metrics": ["checkout_", "pay_"]},
    "search": {"role": "editor"},
    "guests": {"role": "viewer"},
    "sre": {"role": "admin"},
}


def settings_for_api(kafka: str = "", **api: str) -> Settings:
    variables = {
        **({"KAFKA__BOOTSTRAP_SERVERS": kafka} if kafka else {}),
        "ACCESS__GROUPS": json.dumps(GROUPS),
        "ACCESS__OIDC_ISSUER": ISSUER,
        "ACCESS__OIDC_AUDIENCE": AUDIENCE,
        "ACCESS__OIDC_JWKS": "jwks.json",
        "API__REQUESTS_PER_MINUTE": "1000000",
        **{f"API__{name.upper()}": value for name, value in api.items()},
    }
    return load_settings(environ={f"ANOMALY_STREAM_{name}": value for name, value in variables.items()})


class MemoryStore:
    """Configs in memory, in place of the configs topic."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._writing = threading.Lock()

    def current(self) -> Registry:
        return self.registry

    def write(self, decide: Decide) -> Registry:
        with self._writing:
            for change in decide(self.registry):
                if isinstance(change, Deletion):
                    self.registry = self.registry.without(change.config_id)
                elif isinstance(change, SeriesCommand):
                    offset = self.registry.next_offset
                    self.registry = self.registry.apply(*encode_command(change), offset)
                else:
                    self.registry = self.registry.with_record(change)
            return self.registry


class Keys(KeySource):
    """Keys of an issuer, which can be rotated."""

    def __init__(self) -> None:
        super().__init__("in memory")
        self.key = RSAKey.generate_key(2048, {"kid": "1"})

    def keys(self, renewed: bool = False) -> KeySet:
        return KeySet([self.key])


class World:
    """The application and what tests need to call it.

    Args:
        kafka: for real previews and jobs; without it, they are fakes.
        store: in place of a store in memory.
        api: settings of the section ``api``.

    Attributes:
        app: the application.
        store: its configs.
        token: a token by group.
        keys: of the issuer of JWTs.
        workers: what they report.
    """

    def __init__(self, kafka: str = "", store: ConfigStore | None = None, **api: str) -> None:
        self.settings = settings_for_api(kafka, **api)
        context = config_context(self.settings)
        self.store = MemoryStore(Registry(context))
        self.keys = Keys()
        self.now = time.time()
        self.token: dict[str, str] = {}
        self.stored: dict[str, StoredToken] = {}
        for group in GROUPS:
            self.token[group] = self.new_token(group)
        groups = self.settings.access.groups
        by_token = TokenVerifier(
            lambda: Tokens(self.stored), groups, lambda: self.now, wrong_secrets(), lambda *_: None
        )
        by_jwt = JwtVerifier(self.settings.access, self.keys, lambda: self.now)
        limit = RateLimit(self.settings.api.requests_per_minute)
        metrics = ApiMetrics(CollectorRegistry())
        self.workers = WorkerStatus()
        self.history = RecordedHistory()
        self.silences = MemorySilences()
        self.feed = MemoryFeed()
        self.live = LiveAlerts(self.feed, self.settings.api.live_streams)
        self.previews, self.jobs, records = EmptyPreviews(self.settings), InstantJobs(), JobRecords()
        self.state = ApiState(
            self.settings,
            context,
            store or self.store,
            Admission(by_token, by_jwt, limit),
            metrics,
            workers=lambda: self.workers,
            clock=self.clock,
            previews=Previews(self.settings) if kafka else self.previews,
            jobs=HistoryJobs(self.settings, records, records) if kafka else self.jobs,
            history=self.history.queries,
            silences=self.silences,
            live=self.live,
            give_feedback=self.history.give,
        )
        self.app: FastAPI = create_app(self.state)
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def clock(self) -> float:
        return self.now

    def new_token(self, group: str, lifetime_s: float = 3600.0, role: Any = None) -> str:
        made = new_token(group, role, "", "ann", self.now, self.now + lifetime_s)
        self.stored[made.stored.prefix] = made.stored
        return made.text

    def new_jwt(self, key: Any = None, header: Mapping[str, Any] = {}, **claims: Any) -> str:
        body = {"iss": ISSUER, "aud": AUDIENCE, "sub": "bob", "exp": int(self.now) + 60, "groups": ["sre"]}
        named = {"alg": "RS256", "kid": "1"} | dict(header)
        algorithms = [named["alg"]]
        return jwt.encode(named, body | claims, key or self.keys.key, algorithms=algorithms)

    def call(
        self, method: str, path: str, body: object = None, by: str = "payments", **headers: str
    ) -> httpx.Response:
        """Call a route as a group; headers are named with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if by:
            sent["Authorization"] = f"Bearer {self.token.get(by, by)}"
        answer: httpx.Response = self.client.request(method, path, json=body, headers=sent)
        return answer

    def create(self, by: str = "payments", **config: Any) -> httpx.Response:
        """Create a config of a metric that is free to use."""
        answer = self.call("POST", "/v1/configs", {"metric": "checkout_ms", **config}, by)
        assert answer.status_code == 201, answer.text
        return answer
