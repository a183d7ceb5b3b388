"""All settings. Every value that a deployment may change is read here, once, with its type checked.

`people` holds those of sign-in and mail, `work` those of the task queue and the models.
"""

from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from projector_site.settings.environment import DATA_FOLDER, env_bool, env_int, env_list, env_str
from projector_site.settings.people import *  # noqa: F403
from projector_site.settings.people import OIDC_ENABLED, SSO_ORIGIN
from projector_site.settings.work import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# --- what this installation is

DEBUG = env_bool("DEBUG")
SECRET_KEY = env_str("SECRET_KEY") or DATA_FOLDER.secret_key()
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "projector_site",
    "annotations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "axes",
]

MIDDLEWARE = [
    "projector_site.operations.logs.RequestIdMiddleware",
    "projector_site.operations.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "annotations.interface_language.PersonLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

if OIDC_ENABLED:
    INSTALLED_APPS += [
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
    ]
    MIDDLEWARE.append("allauth.account.middleware.AccountMiddleware")

ROOT_URLCONF = "projector_site.urls"
WSGI_APPLICATION = "projector_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

TIME_ZONE = "UTC"
USE_TZ = True

# --- the interface's languages, each with its own name. The words are in projector_site/locale.

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("fr", "Français"),
    ("es", "Español"),
    ("sw", "Kiswahili"),
    ("ar", "العربية"),
]
LOCALE_PATHS = [BASE_DIR / "projector_site" / "locale"]
USE_I18N = True
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True

# --- database: the embedded PostgreSQL of the data folder unless an address is given.
# gunicorn's threads live as long as their process, so one kept connection per thread is the pool.

EMBEDDED_DATABASE = not env_str("DATABASE_URL")
DATABASES = {
    "default": dj_database_url.parse(
        env_str("DATABASE_URL") or DATA_FOLDER.database_url(), conn_max_age=60, conn_health_checks=True
    )
}
# Over a network, a server that went away without a word is noticed within seconds.
DATABASES["default"].setdefault("OPTIONS", {}).update(
    connect_timeout=5, keepalives_idle=30, keepalives_interval=5, keepalives_count=3, tcp_user_timeout=15_000
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- the browser's side. HTTPS=true where a proxy in front speaks TLS and sets X-Forwarded-Proto and -For.

HTTPS = env_bool("HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^health/"]  # asked for inside, without TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 30 * 24 * 3600) if HTTPS else 0
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # scripts read the token from the page
X_FRAME_OPTIONS = "DENY"
# HSTS for other hosts of the domain, and preloading, are for the domain's owner to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        # the button of single sign-on is a form, and browsers hold its redirect against this too
        "form-action": [SELF, SSO_ORIGIN] if OIDC_ENABLED else [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- files

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_FOLDER.static
MEDIA_ROOT = DATA_FOLDER.media
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "projector_site.static_files.HashedStaticFiles"},
}

# What an import may bring. The command line is free to ask for more than the pages.
IMPORT_MAX_UPLOAD_BYTES = env_int("IMPORT_MAX_UPLOAD_MB", 200) * 1_000_000
IMPORT_MAX_LINE_BYTES = env_int("IMPORT_MAX_LINE_BYTES", 1_000_000)
IMPORT_MAX_TOKENS = env_int("IMPORT_MAX_TOKENS", 1_000)
FILE_UPLOAD_HANDLERS = [
    "annotations.imports.upload.LimitedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- watching it: what /metrics asks for, and logs on standard error (plain lines or JSON)

METRICS_TOKEN = env_str("METRICS_TOKEN")
LOG_FORMAT = env_str("LOG_FORMAT", "plain")
LOG_FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s %(task)s"
LOG_FORMATTERS = {
    "plain": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s %(task)s]: %(message)s"},
    "json": {"()": "pythonjsonlogger.json.JsonFormatter", "format": LOG_FIELDS},
}
if LOG_FORMAT not in LOG_FORMATTERS:
    raise ImproperlyConfigured(f"LOG_FORMAT={LOG_FORMAT!r} must be one of {', '.join(LOG_FORMATTERS)}")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": LOG_FORMATTERS,
    "filters": {"work": {"()": "projector_site.operations.logs.NameWork"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["work"]},
    },
    "root": {"handlers": ["stderr"], "level": env_str("LOG_LEVEL", "INFO")},
    "loggers": {"django": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
}
