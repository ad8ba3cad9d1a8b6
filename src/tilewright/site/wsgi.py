"""The WSGI application of the site."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tilewright.site.settings")
application = get_wsgi_application()
