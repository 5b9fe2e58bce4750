"""The routes, one module for each resource. A new router is added to ``ROUTERS``."""

from http import HTTPStatus

from fastapi import APIRouter

from anomaly_stream.api.routes import (
    alerts,
    configs,
    feedback,
    groups,
    health,
    history,
    incidents,
    live,
    metrics,
    preview,
    silences,
    status,
    tune,
    unlearn,
)
from anomaly_stream.settings.api import ApiSettings

ROUTERS: tuple[APIRouter, ...] = (
    configs.router,
    groups.router,
    preview.router,
    history.router,
    unlearn.router,
    tune.router,
    status.router,
    metrics.router,
    alerts.router,
    incidents.router,
    feedback.router,
    silences.router,
    live.router,
)
"""Served below ``/v1``, with a token only."""

PUBLIC: tuple[APIRouter, ...] = (health.router,)
"""Served to everybody."""


def large_bodies(settings: ApiSettings) -> dict[str, int]:
    """By the end of a path, the most bytes of its body, where ``api.max_body_bytes`` is too few."""
    return {":preview": settings.preview_max_bytes, "/history": settings.history_max_bytes}


STATUSES_OF_ALL = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""Errors that any route of ``ROUTERS`` can answer."""
