import numpy as np
from django.urls import include, path
from rest_framework.permissions import BasePermission
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ReadOnlyModelViewSet

from tests.drawn import charts
from tests.testapp.models import Scan
from tests.testapp.views import ScanSerializer
from tilewright.drawn.parameters import Integer
from tilewright.drawn.rest import drawn_action
from tilewright.drawn.views import DrawnImageView


class ScanChart(DrawnImageView):
    parameters = (Integer("width", default=5, low=1, high=50),)

    def draw(self, pk, width):
        return np.full((1, width), int(pk), np.uint8)


class NoSecrets(BasePermission):
    def has_object_permission(self, request, view, obj):
        return not obj.secret


class ScanViewSet(ReadOnlyModelViewSet):
    queryset = Scan.objects.order_by("id")
    serializer_class = ScanSerializer
    permission_classes = (NoSecrets,)
    chart = drawn_action(ScanChart, url_path=r"chart\.(?P<fmt>\w+)", name="chart")


router = SimpleRouter(trailing_slash=False)
router.register("scans", ScanViewSet, basename="scan")

spaced = [path("badge", charts.Badge.as_view(), name="badge")]

urlpatterns = [
    path("ellipse", charts.Ellipse.as_view(), name="ellipse"),
    path("ellipse.<fmt>", charts.Ellipse.as_view(), name="ellipse"),
    path("wide/<int:width>/ellipse.<fmt>", charts.Ellipse.as_view(), name="wide"),
    path("badge", charts.Badge.as_view(), name="badge"),
    path("everything", charts.Everything.as_view(), name="everything"),
    path("versioned", charts.Versioned.as_view(), name="versioned"),
    path("kept", charts.Versioned.as_view(keep=True), name="kept"),
    path("stores/<int:store>/sales.<fmt>", charts.Store.as_view(), name="sales"),
    path("dated/stores/<int:store>/sales.<fmt>", charts.DatedStore.as_view(), name="dated"),
    path("chart", charts.Chart.as_view(), name="chart"),
    path("private", charts.Private.as_view(), name="private"),
    path("careless", charts.Careless.as_view(), name="careless"),
    path("careful", charts.Careless.as_view(per_user=True), name="careful"),
    path("broken", charts.Broken.as_view(), name="broken"),
    path("broken-picture", charts.BrokenWithPicture.as_view(), name="broken-picture"),
    path("slow", charts.Slow.as_view(), name="slow"),
    path("together", charts.Together.as_view(), name="together"),
    path("unlimited", charts.Together.as_view(time_limit_s=None), name="unlimited"),
    path("isolated", charts.Isolated.as_view(), name="isolated"),
    path("isolated-3s", charts.Isolated.as_view(time_limit_s=3.0), name="isolated-3s"),
    path("forking", charts.Forking.as_view(), name="forking"),
    path("forking-2s", charts.Forking.as_view(time_limit_s=2.0), name="forking-2s"),
    path("signed", charts.Signed.as_view(), name="signed"),
    path("signed/<int:store>.<fmt>", charts.SignedStore.as_view(), name="signed-store"),
    path("async", charts.AsyncEllipse.as_view(), name="async"),
    path("async-private", charts.AsyncPrivate.as_view(), name="async-private"),
    path("async-slow", charts.AsyncSlow.as_view(), name="async-slow"),
    path("async-broken", charts.AsyncBroken.as_view(), name="async-broken"),
    path("spaced/", include((spaced, "shop"), namespace="corner")),
    path("api/", include(router.urls)),
]
