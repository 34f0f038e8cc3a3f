"""Django's settings, all of them from the environment; README lists the variables."""

from pathlib import Path
from typing import Any

from django.utils.csp import CSP

from chatapp.addresses import parse_origin, public_origin, trusted_origins
from chatapp.data_dir import private_folder
from chatapp.database_url import database_settings
from chatapp.env import env_bool, env_int, env_list, env_secret, env_str
from chatapp.secret_key import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

# Where it listens, where it keeps things

HOST = env_str("HOST", "127.0.0.1")
PORT = env_int("PORT", 8000, at_least=1, at_most=65535)
DATA_DIR = Path(env_str("DATA_DIR", str(BASE_DIR / "data"))).expanduser().resolve()
DATABASES = {"default": database_settings(env_secret("DATABASE_URL") or "", DATA_DIR)}
# How long a start waits for a database that is started together with this process.
DATABASE_WAIT_SECONDS = env_int("DATABASE_WAIT_SECONDS", 60, at_least=0, at_most=3600)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Safe unless a developer asks: the error pages of DEBUG show source and settings.
DEBUG = env_bool("DEBUG", default=False)
SECRET_KEY = secret_key(env_secret("SECRET_KEY"), DATA_DIR)

# Who may call, and as what

PUBLIC_URL = env_str("PUBLIC_URL")
_PUBLIC_ORIGIN = public_origin(PUBLIC_URL)
IS_HTTPS = _PUBLIC_ORIGIN is not None and _PUBLIC_ORIGIN.scheme == "https"

# Full origins. Pages, CSRF and the socket all compare with this one list: a host name
# alone would let a page on another port or scheme open a socket in the reader's name.
TRUSTED_ORIGINS = trusted_origins(_PUBLIC_ORIGIN, PORT, env_list("ALLOWED_HOSTS"))
CSRF_TRUSTED_ORIGINS = TRUSTED_ORIGINS
ALLOWED_HOSTS = list(
    dict.fromkeys(parse_origin(origin).django_host for origin in TRUSTED_ORIGINS)
)

# How many proxies of ours stand in front; the throttle trusts only their X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = env_int("TRUSTED_PROXY_COUNT", 0, at_least=0, at_most=10)

# Claude (read by conversations/upstream only)

ANTHROPIC_API_KEY = env_secret("ANTHROPIC_API_KEY")
ANTHROPIC_BASE_URL = env_str("ANTHROPIC_BASE_URL") or None
ANTHROPIC_VERSION = env_str("ANTHROPIC_VERSION", "2026-10-21")
# How many seconds an answer may be silent before it counts as lost. Server tools are
# silent while they run; the longest silence seen, doubled.
ANTHROPIC_READ_TIMEOUT = env_int(
    "ANTHROPIC_READ_TIMEOUT", 300, at_least=1, at_most=3600
)
DEFAULT_MODEL = env_str("DEFAULT_MODEL", "claude-opus-5-5")
# Where the files lie that providers set up in the admin may name as their secret.
PROVIDER_SECRETS_DIR = Path(env_str("PROVIDER_SECRETS_DIR", "/run/secrets"))
# Without a key the simulator answers, at reading pace; tests do not wait for it.
SIMULATOR_PACE = env_str("SIMULATOR_PACE", "human", choices=("human", "instant"))

# Several processes (PostgreSQL only): how they tell each other what happens

REDIS_URL = env_secret("REDIS_URL")
# How many turns a process answers at once before it leaves queued ones to others.
MAX_RUNNING_TURNS = env_int("MAX_RUNNING_TURNS", 200, at_least=1, at_most=10_000)
# What a running turn is given to end when the process is told to stop.
DRAIN_SECONDS = env_int("DRAIN_SECONDS", 20, at_least=0, at_most=300)

# First administrator (read by `manage.py serve` only)

ADMIN_USERNAME = env_str("ADMIN_USERNAME") or None
ADMIN_PASSWORD = env_secret("ADMIN_PASSWORD")

# Application

INSTALLED_APPS = [
    "chatapp",
    "chatapp.accounts",
    "conversations",
    "chatapp.apps.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
]
MIDDLEWARE = [
    # The first two see every answer, those of the ones below included.
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "chatapp.headers.SecurityHeadersMiddleware",
    "chatapp.hosts.TrustedHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "chatapp.compression.CompressPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "chatapp.urls"
ASGI_APPLICATION = "chatapp.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
# English only for now: without it Accept-Language would choose half-translated pages.
USE_I18N = False
# Sorts by eye and reads the same everywhere; the admin's lists use it.
DATETIME_FORMAT = "Y-m-d H:i:s"
DATE_FORMAT = "Y-m-d"

# Accounts

AUTH_USER_MODEL = "accounts.User"
# One back end: a second would check every wrong password twice.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SIGNUP_IS_OPEN = env_str("SIGNUP", "closed", choices=("open", "closed")) == "open"
ACCOUNT_ADAPTER = "chatapp.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # no mail server is asked for
ACCOUNT_LOGOUT_ON_GET = False  # a picture's address must not log anybody out
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True  # sessions last SESSION_COOKIE_AGE, with no box to tick
# Ten guesses in 15 minutes for one account, thirty from one address.
ACCOUNT_RATE_LIMITS = {"login": "60/15m/ip", "login_failed": "30/15m/ip,10/15m/key"}

# The throttle counts here. Memory of this process is enough as long as one process
# answers; a restart forgets the counts, which costs a guesser more than it gives.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Cookies

# Secure and __Host- only when people really come by https: over plain http a browser
# would drop such a cookie and log-in would fail without a word.
_COOKIE_PREFIX = "__Host-" if IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}sessionid"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = (
    "Lax"  # Strict would show a log-in page to whoever follows a link
)
SESSION_COOKIE_AGE = 14 * 24 * 3600  # seconds
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
# Our JavaScript takes the token from the page, under any cookie name.
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "chatapp.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Headers

# Scripts and styles are files of ours; the nonce is for the one inline import map. No
# HTML string can become markup in the browser: Trusted Types know no policy but the PDF
# worker's. Nothing else may frame, be framed, or be sent a form.
SECURE_CSP: dict[str, Any] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "blob:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["worker"],
    "upgrade-insecure-requests": IS_HTTPS,
}
# The admin's bundled jQuery builds HTML from strings, so there Trusted Types stay off.
ADMIN_CSP = {
    name: value for name, value in SECURE_CSP.items() if "trusted-types" not in name
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Not no-referrer: a browser then sends "Origin: null" with our own forms, and the CSRF
# check refuses them. Other sites learn nothing either way.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"  # for browsers that do not know frame-ancestors
# A browser that has seen HSTS refuses plain http for two years: only for https.
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600 if IS_HTTPS else 0
# Subdomains belong to others; only the operator could promise https for them.
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # the two lines above
SECURE_SSL_REDIRECT = IS_HTTPS
# Probes come by plain http from inside.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]

# Uploads

MAX_UPLOAD_BYTES = 32 * 1024 * 1024  # API limit of one request, PDF guide
# Checked in front of Django, which would spool any size to disk first.
MAX_BODY_BYTES = MAX_UPLOAD_BYTES + 1024 * 1024  # the rest of a multipart form
# A message of 400,000 characters, four bytes each, percent-encoded by a form.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Beside the data: an image may have a read-only root and a small /tmp.
FILE_UPLOAD_TEMP_DIR = private_folder(DATA_DIR / "tmp")
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
MEDIA_ROOT = DATA_DIR / "files"

# Static files

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# An image brings collected files along and names their folder; else they are made here.
STATIC_FILES_ARE_BUILT_IN = bool(env_str("STATIC_ROOT"))
STATIC_ROOT = Path(env_str("STATIC_ROOT", str(DATA_DIR / "static"))).resolve()
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "chatapp.static_storage.CompressedStorage",
        # An image is built by one user and run by another, who has to read them.
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755}
        if STATIC_FILES_ARE_BUILT_IN
        else {},
    },
}

# Logs

LOG_LEVEL = env_str(
    "LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
)
# At INFO they say what the banner says, and every request line of httpx.
QUIET = ("daphne", "asyncio", "httpx", "httpx2", "httpcore", "mcp", "PIL", "django.db")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": "chatapp.logs.ReadableFormatter"
            if DEBUG
            else "chatapp.logs.OneLineFormatter"
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would write a second, unmasked copy.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        **{
            name: {"level": "DEBUG" if LOG_LEVEL == "DEBUG" else "WARNING"}
            for name in QUIET
        },
    },
}
