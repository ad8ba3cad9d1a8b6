"""The addresses: the list of scans, the API and its schema, the admin."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import ListView
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from scans.models import Scan
from scans.views import ScanViewSet

router = SimpleRouter(trailing_slash=False)
router.register("scans", ScanViewSet)

urlpatterns = [
    path("", ListView.as_view(queryset=Scan.objects.order_by("id"), template_name="scans.html")),
    path("api/", include(router.urls)),
    path("api/", include("tilewright.django.urls")),
    path("api/schema", SpectacularAPIView.as_view()),
    path("admin/", admin.site.urls),
]
