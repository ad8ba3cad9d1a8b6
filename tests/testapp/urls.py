from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import DefaultRouter, SimpleRouter

from tests.testapp.views import MisnamedViewSet, ScanViewSet, StyledViewSet, TwinViewSet

plain = SimpleRouter(trailing_slash=False)
plain.register("scans", ScanViewSet, basename="scan")
slashed = DefaultRouter()
slashed.register("scans", ScanViewSet, basename="slashed")
other = SimpleRouter(trailing_slash=False)
other.register("misnamed", MisnamedViewSet, basename="misnamed")
other.register("styled", StyledViewSet, basename="styled")
other.register("twins", TwinViewSet, basename="twin")

urlpatterns = [
    path("api/", include(plain.urls)),
    path("slashed/", include(slashed.urls)),
    path("other/", include(other.urls)),
    path("nested/<slug:study>/", include(plain.urls)),
    path("schema", SpectacularAPIView.as_view()),
]
