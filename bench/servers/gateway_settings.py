"""Our project with OMERO's webgateway, and beside it a view that draws by hand."""

from bench.servers.base_settings import *  # noqa: F403
from bench.servers.base_settings import INSTALLED_APPS as BASE_APPS

INSTALLED_APPS = [*BASE_APPS, "tilewright.django", "tilewright.django.webgateway"]
ROOT_URLCONF = "bench.servers.gateway_urls"
TILEWRIGHT = {"webgateway": {"images": "bench.servers.gateway_urls.find", "public": True}}
