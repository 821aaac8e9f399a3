"""The public pages: whoever scans a card lands here, on a slow phone, unknown, and stays so.

GET  /c/<code>              a scan: noted as a number, whom to add, where an order number goes
GET  /c/<code>/account.png  the QR picture of our account
POST /claim/<code>          an order number: noted, answered alike whatever it is

No session, no script, no file of anybody else's; the whole page is one answer and one picture, below 60 KB.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from xiaohe.entries import claims, codes, publicly, rate, scans, words
from xiaohe.entries.models import Code
from xiaohe.entries.rate import Act, Hurried
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.errors import RetryLater
from xiaohe.kernel.gates import TooMany
from xiaohe.web.pages import claim as pages
from xiaohe.web.pages.claim import ClaimPage
from xiaohe.web.public import BODIES, LARGEST_BODY

CSS = Path(__file__).resolve().parents[1] / "static" / "web" / "claim.css"
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
PREFETCHED = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")


@csrf_exempt  # Who puts or deletes here hears that it is not done, and nothing of forms.
@require_safe
def scanned(request: HttpRequest, code: str) -> HttpResponse:
    """Somebody scanned a card, or typed its address."""
    try:
        _take(request, Act.LOOK, code)
        found = _code(code)
        if found is None:
            return _answer(pages.unknown_code(), 404)
        response = _answer(pages.asking(found, is_open=_is_open(request, found)))
        scanner = _scanner(request, response)
        if request.method == "GET" and not _is_prefetched(request):
            _note(request, found, scanner)
        return response
    except Hurried as error:
        return hurried(error.after)


@csrf_exempt  # Nobody is signed in here: there is nothing that another site could do in somebody's name.
@require_http_methods(["GET", "HEAD", "POST"])
def claimed(request: HttpRequest, code: str) -> HttpResponse:
    """Somebody gives an order number; the page is the same for every number there is."""
    is_post = request.method == "POST"
    try:
        _take(request, Act.CLAIM if is_post else Act.LOOK, code)
        found = _code(code)
        if found is None:
            return _answer(pages.unknown_code(), 404)
        is_open = _is_open(request, found)
        if not (is_post and is_open):
            return _answer(pages.asking(found, is_open=is_open))
        if not _is_small_form(request):
            return _answer(pages.unreadable(), 400)
        request.upload_handlers = [_NoFiles(request)]
        try:
            with BODIES.entered():
                number = request.POST.get("number", "").strip()
        except (SuspiciousOperation, BadRequest, MultiPartParserError, LookupError, ValueError):
            return _answer(pages.unreadable(), 400)
        if not number:
            hint = _("Please type the order number.")
            return _answer(pages.asking(found, is_open=True, hint=hint))
        # The cookie first: its scanner is who claims.
        response = HttpResponse()
        scanner = _scanner(request, response)
        word = claims.take(found, scanner, number, request.now)  # type: ignore[attr-defined]
        return _with_cookies(_answer(pages.noted(found, word)), response)
    except Hurried as error:
        return hurried(error.after)
    except (TooMany, RetryLater):
        return hurried(30)


@csrf_exempt
@require_safe
def by_hand(request: HttpRequest) -> HttpResponse:
    """Where somebody types a code from a card."""
    code = words.code_of(request.GET.get("code", ""))
    if code is not None:
        return HttpResponseRedirect(f"/c/{code}")
    return _answer(pages.unknown_code())


@csrf_exempt
def lost(request: HttpRequest, lost: str) -> HttpResponse:
    """An address that was not typed whole."""
    return _answer(pages.unknown_code(), 404)


@csrf_exempt
@require_safe
def picture(request: HttpRequest, code: str) -> HttpResponse:
    try:
        _take(request, Act.LOOK, code)
    except Hurried as error:
        return hurried(error.after)
    found = _code(code)
    if found is None or not found.picture:
        return _answer(pages.unknown_code(), 404)
    response = HttpResponse(bytes(found.picture), content_type="image/png")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return _guarded(response)


def hurried(after: float) -> HttpResponse:
    """Too much for now, kindly, and when to come again."""
    response = _answer(pages.hurried(), 429)
    response.headers["Retry-After"] = str(int(after))
    return response


class _NoFiles(FileUploadHandler):
    """Nobody leaves a file here: what claims to be one is passed over."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


# ---------------------------------------------------------------- who asks


def _take(request: HttpRequest, act: Act, code: str) -> None:
    now = utc_now()
    address = publicly.address_of(request.META)
    rate.take(
        act,
        address=address,
        code=words.tidy(code[:24]),
        today=now.date(),
        now_us=int(now.timestamp() * 1e6),
    )


def _code(code: str) -> Code | None:
    told = words.code_of(code)
    return None if told is None else Code.objects.filter(code=told).first()


def _is_open(request: HttpRequest, code: Code) -> bool:
    today = request.calendar.day_of(request.now)  # type: ignore[attr-defined]
    return codes.is_open(code, today)


def _scanner(request: HttpRequest, response: HttpResponse) -> int:
    """The number of this browser; a new one gets a cookie of ours."""
    known = scans.scanner_of(request.COOKIES.get(scans.COOKIE, ""))
    if known is not None:
        return known
    cookie = scans.new_cookie()
    response.set_cookie(
        scans.COOKIE,
        cookie,
        max_age=scans.COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=publicly.url().startswith("https://"),
    )
    made = scans.scanner_of(cookie)
    assert made is not None
    return made


def _note(request: HttpRequest, code: Code, scanner: int) -> None:
    now = request.now  # type: ignore[attr-defined]
    today = request.calendar.day_of(now)  # type: ignore[attr-defined]
    try:
        scans.record(code, scanner, today=today, now=now)
    except RetryLater:
        # A full inbox: whoever scans shall not notice, and one scan less is counted.
        return


def _is_prefetched(request: HttpRequest) -> bool:
    return any("prefetch" in request.META.get(name, "").lower() for name in PREFETCHED)


def _is_small_form(request: HttpRequest) -> bool:
    """Before a body is read: is it a form, and is it as small as an order number is?"""
    length = request.META.get("CONTENT_LENGTH") or ""
    return request.content_type in FORMS and length.isdecimal() and int(length) <= LARGEST_BODY


# ---------------------------------------------------------------- the answer


@lru_cache(maxsize=1)
def _style() -> tuple[str, str]:
    """The page's own style, and its hash for the policy."""
    css = CSS.read_text(encoding="utf-8").replace("\n", "")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return css, f"'sha256-{digest}'"


def _answer(page: ClaimPage, status: int = 200) -> HttpResponse:
    css, _hash = _style()
    language = translation.get_language() or "en"
    html = render_to_string(
        "web/claim.html",
        {
            "page": page,
            "css": css,
            "language": "zh-Hans" if language.startswith("zh") else "en",
        },
    )
    response = HttpResponse(html, status=status)
    response.headers["Cache-Control"] = "no-store"
    return _guarded(response)


def _guarded(response: HttpResponse) -> HttpResponse:
    _css, style = _style()
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {style}; img-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _with_cookies(response: HttpResponse, other: HttpResponse) -> HttpResponse:
    response.cookies.update(other.cookies)
    return response
