"""The addresses of the site."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from tilewright.django.maps import mosaics, ogc, views_tilejson, views_tms, views_wmts, wms
from tilewright.django.webgateway import documents
from tilewright.site import views
from tilewright.site.api import ImageViewSet, Router
from tilewright.site.api_pages import RedocPage, SwaggerPage
from tilewright.site.layers import Catalogue
from tilewright.site.zooming import CatalogueImages

admin.site.site_header = "Tilewright"
admin.site.site_title = "Tilewright"
admin.site.index_title = "Manage"

layers = Catalogue()
router = Router()
router.register("images", ImageViewSet, basename="image")

urlpatterns = [
    path("", views.index, name="index"),
    path("view/<int:image_id>/", views.view, name="view"),
    path("api/mosaics/", include(mosaics.urls_for(layers))),
    path("api/", include(router.urls)),
    path("api/", include("tilewright.django.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SwaggerPage.as_view(url_name="schema"), name="docs"),
    path("api/redoc/", RedocPage.as_view(url_name="schema"), name="redoc"),
    *views_wmts.urls_for(layers),
    *views_tilejson.urls_for(layers),
    *views_tms.urls_for(layers),
    *wms.urls_for(layers, "Tilewright"),
    path("ogc/", include(ogc.urls_for(layers, title="Tilewright"))),
    path("webgateway/", include("tilewright.django.webgateway")),
    path("webclient/", include("tilewright.django.webgateway.webclient")),
    path("omero_ms_image_region/", documents.nothing),
    path("iiif/", include(CatalogueImages.get_iiif_urls())),
    path("deepzoom/", include(CatalogueImages.get_deepzoom_urls())),
    path("drawn/", include("tilewright.site.drawn.urls")),
    path("drawn/", include("tilewright.drawn.urls")),
    path("admin/", admin.site.urls),
    path("healthz", views.healthz),
    path("readyz", views.readyz),
]
