"""Settings of sign-in, single sign-on and mail."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from projector_site.settings.environment import env_int, env_str

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
SSO_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(OIDC["issuer"]))
OIDC_NAME = env_str("OIDC_NAME", "Single sign-on")
if any(OIDC.values()) and not OIDC_ENABLED:
    raise ImproperlyConfigured("set all of OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, or none")
if OIDC_ENABLED:
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
