"""Settings of the test run: the product's own, in a folder that goes away with it."""

import atexit
import os
import shutil
import tempfile

# Whatever the developer's shell says, the tests start from the defaults.
for name in [
    "ADMIN_PASSWORD",
    "ADMIN_USERNAME",
    "ALLOWED_HOSTS",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_READ_TIMEOUT",
    "ANTHROPIC_VERSION",
    "DATABASE_URL",
    "DATABASE_WAIT_SECONDS",
    "DEBUG",
    "DEFAULT_MODEL",
    "DRAIN_SECONDS",
    "HOST",
    "LOG_LEVEL",
    "MAX_RUNNING_TURNS",
    "PORT",
    "PUBLIC_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "SIGNUP",
    "STATIC_ROOT",
    "TRUSTED_PROXY_COUNT",
]:
    os.environ.pop(name, None)
    os.environ.pop(f"{name}_FILE", None)

_FOLDER = tempfile.mkdtemp(prefix="colloquy-tests-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
os.environ["DATA_DIR"] = _FOLDER
# tests/test_postgres.py runs the database tests a second time with this set.
if _POSTGRES_URL := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = _POSTGRES_URL

from chatapp.settings import *  # noqa: E402, F403
from chatapp.settings import (  # noqa: E402
    ALLOWED_HOSTS,
    DATA_DIR,
    DATABASES,
    STATIC_ROOT,
    STORAGES,
    TRUSTED_ORIGINS,
)

# The name that Django's test client calls.
ALLOWED_HOSTS += ["testserver"]
TRUSTED_ORIGINS += ["http://testserver"]

if not _POSTGRES_URL:
    # A file: the writer thread has a connection of its own, and an in-memory database
    # would be another one for it.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}

# Nothing is collected for a test; whitenoise only wants the folder to be there.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
# The product's hasher takes 0.3 s on purpose, which hundreds of tests need not wait for.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Simulated answers come at once; only a person reads them.
SIMULATOR_PACE = "instant"
