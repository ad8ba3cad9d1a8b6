"""What both projects set. The smallest project there is: other parts would slow both alike."""

import os

SECRET_KEY = "only for benchmarks"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "bench.servers.catalogue",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["BENCH_DATABASE"],
        "CONN_MAX_AGE": None,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = os.environ["BENCH_MEDIA"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
USE_TZ = True
