"""The pulse: answers without signing in, says nothing about the shop."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import xiaohe
from xiaohe.kernel import store


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the control store answers."""
    store.rows("SELECT 1")
    return JsonResponse({"status": "ok", "version": xiaohe.__version__})
