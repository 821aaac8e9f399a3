"""Every address of the console; the same ones are mounted again under /sample/ (see `middleware`)."""

from __future__ import annotations

from django.urls import path

from xiaohe.web.views import errors, health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
