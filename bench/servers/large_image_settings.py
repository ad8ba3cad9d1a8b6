"""The project of django-large-image, as its README sets it up."""

from bench.servers.base_settings import *  # noqa: F403
from bench.servers.base_settings import INSTALLED_APPS as BASE_APPS

INSTALLED_APPS = [*BASE_APPS, "django_large_image"]
ROOT_URLCONF = "bench.servers.large_image_urls"
