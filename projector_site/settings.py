"""All settings. Every value that a deployment may change is read here, once, with its type checked."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from projector_site.services.data_folder import DataFolder, default_data_folder

BASE_DIR = Path(__file__).resolve().parent.parent


def env_str(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def env_bool(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "")
    if value.lower() in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return value.lower() in {"1", "true", "yes", "on"} if value else default
    raise ImproperlyConfigured(f"{name}={value!r} must be one of true, false, 1, 0, yes, no, on, off")


def env_int(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    try:
        return int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r} must be a whole number") from error


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


# --- what this installation is

DATA_FOLDER = DataFolder(default_data_folder())  # PROJECTOR_DATA
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

# --- sign-in

AUTH_USER_MODEL = "annotations.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "annotations.signed_in.PasswordBackend",
]
SESSION_ENGINE = "annotations.signed_in"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# A name is locked for one address, so that a team behind one router does not lock itself out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "annotations.sign_in.client_address"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
# Who signed in, from where, and what failed, for superusers in the admin. `axes_reset_logs --age 90` tidies.
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"

# --- single sign-on by OpenID Connect, off unless all three are set

OIDC = {
    "issuer": env_str("OIDC_ISSUER"),
    "client": env_str("OIDC_CLIENT_ID"),
    "secret": env_str("OIDC_CLIENT_SECRET"),
}
OIDC_ENABLED = all(OIDC.values())
OIDC_NAME = env_str("OIDC_NAME", "Single sign-on")
if any(OIDC.values()) and not OIDC_ENABLED:
    raise ImproperlyConfigured("set all of OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, or none")
if OIDC_ENABLED:
    INSTALLED_APPS += [
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
    ]
    MIDDLEWARE.append("allauth.account.middleware.AccountMiddleware")
    AUTHENTICATION_BACKENDS.append("allauth.account.auth_backends.AuthenticationBackend")
    SOCIALACCOUNT_ONLY = True  # passwords stay with this site's own pages
    ACCOUNT_EMAIL_VERIFICATION = "none"
    SOCIALACCOUNT_ADAPTER = "projector_site.sso.Adapter"
    SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an address alone opens nobody's account
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": OIDC_NAME,
                    "client_id": OIDC["client"],
                    "secret": OIDC["secret"],
                    "settings": {"server_url": OIDC["issuer"]},
                }
            ],
        }
    }
    # The button is a form, and browsers hold its redirect against form-action too.
    SSO_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(OIDC["issuer"]))

# --- mail: for forgotten passwords only; without a server, owners give out sign-in links

EMAIL_HOST = env_str("EMAIL_HOST")
SENDS_MAIL = bool(EMAIL_HOST)
EMAIL_PORT = env_int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env_str("EMAIL_USER")
EMAIL_HOST_PASSWORD = env_str("EMAIL_PASSWORD")
EMAIL_SECURITY = env_str("EMAIL_SECURITY", "starttls")
if EMAIL_SECURITY not in {"starttls", "tls", "none"}:
    raise ImproperlyConfigured(f"EMAIL_SECURITY={EMAIL_SECURITY!r} must be one of starttls, tls, none")
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_SECURITY == "starttls", EMAIL_SECURITY == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_str("EMAIL_FROM", "projector@localhost")
PASSWORD_RESET_TIMEOUT = 24 * 3600

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

# --- task queue: the embedded broker of the data folder unless an address is given.
# A task is acknowledged when done, so a killed worker loses none; each is safe to run twice.

EMBEDDED_BROKER = not env_str("CELERY_BROKER_URL")
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL") or DATA_FOLDER.broker_url()
# Who sends a task from a page waits seconds, not minutes, for a broker that hangs.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 6 * 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
# A run goes to the queue that it names, cpu or gpu; all else to cpu, whose workers share MEDIA_ROOT with
# the site.
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_ROUTES = ["workers.tasks.route_run"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A worker renews its hold on a piece of a run while it lives; after this long without, others take over.
RUN_LEASE_S = env_int("RUN_LEASE_S", 60)

# --- models of the workers (workers/model_cache.py)

MODEL_DEVICE = env_str("MODEL_DEVICE", "auto")
MODEL_DTYPE = env_str("MODEL_DTYPE", "auto")
MODEL_DOWNLOADS = env_bool("MODEL_DOWNLOADS")
# Runs load folders below these only: who owns a project may name any, and must not look around the machine.
MODEL_FOLDERS = [Path(folder) for folder in env_list("MODEL_FOLDERS")] or [DATA_FOLDER.root / "models"]

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
