"""Django settings of the site: safe for a local tool, without a line to fill in.

The environment sets two things: ``TILEWRIGHT_HOME``, the folder of its files, and
``TILEWRIGHT_ALLOWED_HOSTS``, the names that it answers to (comma-separated).
"""

import os

from tilewright.site.home import Home

_home = Home.current()

SECRET_KEY = _home.secret_key()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("TILEWRIGHT_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")

INSTALLED_APPS = [
    "tilewright.site",
    "tilewright.django",
    "tilewright.django.webgateway",
    "tilewright.drawn",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "tilewright.site.urls"
WSGI_APPLICATION = "tilewright.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _home.database,
        # a tile looks up one row: opening the file anew would cost more than the look-up
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # readers go on while a worker writes
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MEDIA_ROOT = _home.uploads
STATIC_URL = "/static/"
# every upload lies in a file of its own before it is judged, however small it is
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
USE_TZ = True
TIME_ZONE = "UTC"

TILEWRIGHT = {
    # what the site shows it shows to everybody, to OMERO's clients too
    "webgateway": {"images": "tilewright.site.webgateway.find", "public": True},
    "ephemeral_folder": str(_home.aside),
}
REST_FRAMEWORK = {
    # what the site shows it shows to everybody; only the admin pages change things
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tilewright",
    "DESCRIPTION": "Tiles, regions and thumbnails of very large images.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # from this machine, so that the pages work offline
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # a client's mistake is told to the client
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # our own error says once what is wrong with a damaged file
        "tifffile": {"level": "CRITICAL"},
    },
}
