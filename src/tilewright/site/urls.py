"""The addresses of the site."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from tilewright.site import views
from tilewright.site.api import ImageViewSet, Router

admin.site.site_header = "Tilewright"
admin.site.site_title = "Tilewright"
admin.site.index_title = "Manage"

router = Router()
router.register("images", ImageViewSet, basename="image")

urlpatterns = [
    path("", views.index, name="index"),
    path("view/<int:image_id>/", views.view, name="view"),
    path("api/", include(router.urls)),
    path("api/", include("tilewright.django.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
    path("healthz", views.healthz),
    path("readyz", views.readyz),
]
