"""Django settings of one Xiaohe process; everything a merchant may change is an environment variable here
or a row of `shop.Shop`.

    XIAOHE_HOME          data folder (default ~/.xiaohe)
    XIAOHE_DATABASE_URL  postgresql://user:password@host:port/name instead of HOME/xiaohe.db
    XIAOHE_HOSTS         extra host names the console may be asked for, comma separated
    XIAOHE_PUBLIC_URL    where customers' phones find the claim pages, https://cards.example.com (docs/claims.md)
    XIAOHE_PROXIES       addresses of reverse proxies whose X-Forwarded-For is believed, comma separated
    XIAOHE_LOG           json or text, see kernel.logs
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import SELF  # type: ignore[import-untyped]

from xiaohe.kernel import logs, workspace

PACKAGE = Path(__file__).resolve().parent
HOME = workspace.home_path()

SECRET_KEY = workspace.workspace().secret("django").hex()
DEBUG = os.environ.get("XIAOHE_DEBUG") == "1"
ALLOWED_HOSTS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    *filter(None, os.environ.get("XIAOHE_HOSTS", "").split(",")),
    # Serves the claim pages and nothing else (web/public.py).
    *filter(None, [urlsplit(os.environ.get("XIAOHE_PUBLIC_URL", "")).hostname]),
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "template_partials",
    "xiaohe.shop",
    "xiaohe.jobs",
    "xiaohe.ledger",
    "xiaohe.people",
    "xiaohe.segments",
    "xiaohe.touch",
    "xiaohe.entries",
    "xiaohe.channels",
    "xiaohe.sources",
    "xiaohe.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "xiaohe.web.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "xiaohe.web.middleware.WorkspaceMiddleware",
    "xiaohe.web.middleware.ErrorMiddleware",
]

ROOT_URLCONF = "xiaohe.web.urls"
WSGI_APPLICATION = "xiaohe.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "xiaohe.web.context.console",
            ],
        },
    }
]

SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 15,
    # FULL: a commit that was acknowledged survives a power cut (design, section 5).
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;"
    " PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;",
}


def _sqlite(home: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(home / "xiaohe.db"),
        "OPTIONS": SQLITE_OPTIONS,
    }


def _control_store(url: str) -> dict[str, Any]:
    if not url:
        return _sqlite(HOME)
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }


DATABASES = {
    "default": _control_store(os.environ.get("XIAOHE_DATABASE_URL", "")),
    # The sample shop is thrown away in one click, so it is always a file.
    "sample": _sqlite(HOME / "sample"),
}
DATABASE_ROUTERS = ["xiaohe.kernel.store.WorkspaceRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "shop.User"
LOGIN_URL = "sign-in"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Parsed by our own sealed upload handler: no plain copy of a customer file is ever written.
FILE_UPLOAD_HANDLERS = ["xiaohe.web.uploads.SealedUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# A rule of 500 conditions in the builder, each of them some ten fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": [SELF],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
# Not every room is a Django app, but every room keeps its own words.
LOCALE_PATHS = sorted(PACKAGE.glob("*/locale"))
LANGUAGE_COOKIE_NAME = "xiaohe_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

LOGGING = logs.config()
