"""Our project."""

from bench.servers.base_settings import *  # noqa: F403
from bench.servers.base_settings import INSTALLED_APPS as BASE_APPS

INSTALLED_APPS = [*BASE_APPS, "tilewright.django"]
ROOT_URLCONF = "bench.servers.ours_urls"
