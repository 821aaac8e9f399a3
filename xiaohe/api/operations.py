"""What a machine asks about this installation: is it alive, can it work, how is it doing.

/healthz   200 as long as this process answers; touches nothing
/readyz    200 when every check passes, else 503; JSON with each of them
/metrics   numbers for Prometheus; for this machine, or whoever shows XIAOHE_METRICS_TOKEN

None of them says anything about a person.
"""

from __future__ import annotations

import hmac
import os

import xiaohe
from xiaohe.api import prometheus, readiness, routes, scrape
from xiaohe.api.http import Request, Response, json_response
from xiaohe.kernel import shared_counters

TOKEN = "XIAOHE_METRICS_TOKEN"
LOOPBACK = ("127.", "::1", "[::1]", "::ffff:127.")
# Whoever sends one of these passed a proxy: the peer we see is the proxy, not who asks.
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def register() -> None:
    """Put these on their paths."""
    routes.EXACT.update({"/healthz": healthz, "/readyz": readyz, "/metrics": metrics})


def healthz(request: Request) -> Response:
    return json_response({"status": "ok", "version": xiaohe.__version__})


def readyz(request: Request) -> Response:
    checks = readiness.checks()
    ready = all(each.ok for each in checks)
    told = {
        "status": "ready" if ready else "not ready",
        "version": xiaohe.__version__,
        "checks": {each.name: each.told() for each in checks},
    }
    return json_response(told, 200 if ready else 503)


def metrics(request: Request) -> Response:
    if not _may_see(request):
        return json_response({"error": {"code": "not_allowed"}}, 403)
    families = [*scrape.families(), *prometheus.of_processes(shared_counters.of_all("web"))]
    return Response(200, prometheus.text(families), prometheus.CONTENT_TYPE)


def _may_see(request: Request) -> bool:
    token = os.environ.get(TOKEN, "")
    given = request.header("authorization")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    if any(request.header(each) for each in FORWARDED):
        return False
    return str(request.environ.get("REMOTE_ADDR", "")).startswith(LOOPBACK)
