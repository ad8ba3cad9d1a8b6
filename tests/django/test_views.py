"""Three faces of one image: REST framework, plain Django, and async. They answer the same."""

import asyncio
import io
import json
import os
import subprocess
import sys
import textwrap
import threading

import httpx
import numpy as np
import pytest
import tifffile
from asgiref.sync import async_to_sync
from django.contrib.auth.mixins import AccessMixin
from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.test import AsyncClient
from django.urls import include, path, reverse
from rest_framework.routers import SimpleRouter

from tests.blobs.far import far_away
from tests.patience import HANG_S
from tests.readers.test_tiff_slides import LABEL, aperio
from tests.testapp.guarded import Guarded
from tests.testapp.maps import urlconf
from tests.testapp.models import Scan
from tests.testapp.views import ScanViewSet
from tilewright.django import conf
from tilewright.django.image_routes import ROUTES
from tilewright.django.rest import ImageViewSetMixin
from tilewright.django.views import AsyncImageViews, ImageViews
from tilewright.stretch import Stretch
from tilewright.style import Channel, Style
from tilewright.web import http

FRAMEWORKS_OWN = {"allow"}
"""The REST framework sends it with each answer, others where a method is refused."""


class Nested:
    """Images of a study: those whose name starts as the study's."""

    def get_queryset(self):
        return super().get_queryset().filter(name__startswith=self.kwargs["study"])


class RestScans(ScanViewSet):
    style_field = "look"
    # With a way to log in, it says instead that nobody did.
    authentication_classes = ()


class PlainScans(Guarded, ImageViews):
    model = Scan


class AsyncScans(Guarded, AsyncImageViews):
    queryset = Scan.objects.order_by("id")


class RestNested(Nested, RestScans):
    pass


class PlainNested(Nested, PlainScans):
    lookup_url_kwarg = "scan"


class AsyncNested(Nested, AsyncScans):
    lookup_url_kwarg = "scan"


class RestLinks(ImageViewSetMixin):
    url_parameter = "url"
    permission_classes = ()


class PlainLinks(ImageViews):
    url_parameter = "url"


class AsyncLinks(AsyncImageViews):
    url_parameter = "url"


class Closed(AccessMixin):
    raise_exception = True

    def dispatch(self, *_args, **_kwargs):
        return self.handle_no_permission()


class Ajar:
    def dispatch(self, *_args, **_kwargs):
        return HttpResponse("who are you?")


class PlainClosed(Closed, PlainScans):
    pass


class AsyncClosed(Closed, AsyncScans):
    pass


class AsyncAjar(Ajar, AsyncScans):
    pass


class Unfinished(ImageViews):
    pass


async def fast(request):
    return HttpResponse("fast")


def routed(viewset, prefix, basename):
    router = SimpleRouter(trailing_slash=False)
    router.register(prefix, viewset, basename=basename)
    return include(router.urls)


def plainly(scans, nested, links, closed):
    """Return the addresses of a face that has no routers."""
    return urlconf(
        path("scans/<str:pk>/", include(scans.get_urls("scan"))),
        path("of/<slug:study>/scans/<int:scan>/", include(nested.get_urls("nested"))),
        path("links/any/", include(links.get_urls("link"))),
        path("closed/<int:pk>/", include(closed.get_urls())),
        path("ajar/<int:pk>/", include(AsyncAjar.get_urls())),
        path("unfinished/<int:pk>/", include(Unfinished.get_urls())),
        path("fast", fast),
        prefix="",
    )


FACES = {
    "rest": urlconf(
        path("", routed(RestScans, "scans", "scan")),
        path("of/<slug:study>/", routed(RestNested, "scans", "nested")),
        path("", routed(RestLinks, "links", "link")),
        prefix="",
    ),
    "plain": plainly(PlainScans, PlainNested, PlainLinks, PlainClosed),
    "async": plainly(AsyncScans, AsyncNested, AsyncLinks, AsyncClosed),
}
"""The same addresses, answered by each."""


@pytest.fixture
def slide(db, folder):
    with tifffile.TiffWriter(folder / "slide.svs") as writer:
        aperio(writer)
    return Scan.objects.create(name="slide", file="slide.svs")


@pytest.fixture
def ask(client, settings):
    """Ask one face, with a client of its kind."""

    def send(face, below, method="get", body=None, **headers):
        settings.ROOT_URLCONF = FACES[face]
        sent = {"data": body, "content_type": "application/geo+json"} if body else {}
        if face == "async":
            return async_to_sync(getattr(AsyncClient(), method))(
                f"/{below}", headers=headers, **sent
            )
        return getattr(client, method)(f"/{below}", headers=headers, **sent)

    return send


def alike(ask, below, method="get", body=None, **headers):
    """Return what the plain face answers, having seen that the others answer just that."""
    answers = {face: ask(face, below, method, body, **headers) for face in FACES}
    for face, other in answers.items():
        first = answers["rest"]
        assert other.status_code == first.status_code, (face, below, other.content[:200])
        assert headers_of(other) == headers_of(first), (face, below)
        assert other.content == first.content, (face, below)
    return answers["plain"]


def headers_of(response):
    own = set() if response.status_code == 405 else FRAMEWORKS_OWN
    headers = {name.lower(): value for name, value in response.headers.items()}
    return {name: value for name, value in headers.items() if name not in own}


SQUARE = json.dumps(
    {"type": "Polygon", "coordinates": [[[-90, 0], [-60, 0], [-60, 30], [-90, 30], [-90, 0]]]}
)
# Of a picture, a stack, a slide, and a map: by the name of the route, how it is asked.
GOOD = {
    "scan": {
        "tile": "tiles/1/0/0.png",
        "thumbnail": "data/thumbnail.jpg?max_width=90",
        "negotiated_thumbnail": "data/thumbnail",
        "region": "data/region.npy?left=0&top=0&right=20&bottom=10",
        "negotiated_region": "data/region?width=50",
        "image_metadata": "info/metadata",
        "tiles_metadata": "tiles/metadata",
        "metadata_internal": "info/metadata_internal",
        "tiffdump": "info/tiffdump",
        "bands": "info/bands",
        "band": "info/band?band=2",
        "histogram": "data/histogram?bins=4",
        "statistics": "data/statistics",
        "pixel": "data/pixel?left=1&top=2",
        "profile": "data/profile?points=0,0;9,9",
        "validate": "info/validate",
        "images": "images",
        "tile_corners": "tiles/1/0/0/corners",
        "iiif_image": "iiif/3/square/!90,90/22.5/gray.png",
        "iiif_info": "iiif/2/info.json",
        "deepzoom": "deepzoom.dzi?format=png&band=1",
        "deepzoom_tile": "deepzoom_files/10/2_1.jpg?band=1&format=png",
    },
    "stack": {
        "frames": "info/frames",
        "tile_frames": "tile_frames.png?width=40&height=30",
        "tile_frames_layout": "tile_frames/layout?width=40&height=30",
    },
    "slide": {"associated_image": "images/label.png", "images": "images"},
    "earth": {
        "map_tile": "tiles/WebMercatorQuad/1/0/0.png",
        "tilejson": "tilejson.json",
        "point": "data/point?point=-80,10",
        "footprint": "info/footprint",
        "bounds": "info/bounds",
    },
}
ASKED = [(image, below) for image, rows in GOOD.items() for below in rows.values()]
POSTED = ["data/zones", "data/feature.png"]


def test_every_route_is_among_those_that_are_asked():
    asked = {name for rows in GOOD.values() for name in rows} | {"zones", "feature", "iiif_base"}
    assert asked == set(ROUTES)


@pytest.mark.parametrize(("image", "below"), ASKED)
def test_a_good_ask(ask, request, image, below):
    url = f"scans/{request.getfixturevalue(image).pk}/{below}"
    found = alike(ask, url)
    assert found.status_code == 200
    assert len(found.content) > 0
    headed = alike(ask, url, "head")
    assert headed.content == b""
    for known in ("*", found["ETag"]):
        assert alike(ask, url, **{"if-none-match": known}).status_code == 304


@pytest.mark.parametrize("below", POSTED)
@pytest.mark.parametrize(("body", "status"), [(SQUARE, 200), ("{}", 400), ("[", 400)])
def test_what_is_posted(ask, earth, below, body, status):
    assert alike(ask, f"scans/{earth.pk}/{below}", "post", body).status_code == status


@pytest.mark.parametrize("below", POSTED)
def test_too_much_is_posted(ask, earth, below, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    found = alike(ask, f"scans/{earth.pk}/{below}", "post", SQUARE + " " * 100)
    assert found.status_code == 413
    assert found.json()["allowed"] == 100


def test_too_much_is_posted_in_chunks(earth, settings):
    """No header tells how much it is, as ASGI has it."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
    request = ASGIRequest(scope, io.BytesIO(SQUARE.encode() + b" " * 100))
    view = AsyncScans.as_view(route=ROUTES["zones"], http_method_names=["post"])
    found = async_to_sync(view)(request, pk=earth.pk)
    assert found.status_code == 413
    assert json.loads(found.content)["asked"] > 100


@pytest.mark.parametrize(
    ("below", "status"),
    [
        ("tiles/a/0/0.png", 400),
        ("tiles/0/0/0.heic", 400),
        ("tiles/0/0/0.jpg?quality=high", 400),
        ("tiles/0/0/0.jpg?qualtiy=5", 400),
        ("tiles/0/0/0.png?band=9", 404),
        ("tiles/9/0/0.png", 404),
        ("tiles/WebMercatorQuad/0/0/0.png", 400),
        ("tiles/nonsense/0/0/0.png", 404),
        ("tiles/1/0/9/corners", 404),
        ("data/region.png?left=5000&top=0&right=6000&bottom=10", 404),
        ("data/region.png?width=20000&height=10", 413),
        ("data/pixel", 400),
        ("data/point?point=1,1", 400),
        ("images/label.png", 404),
        ("tilejson.json", 400),
        ("tilejson.json/", 404),
        ("tiles/0/0/0.png/", 404),
        ("tiles/0/0/0.png?download=a.png", 200),
        ("data/other", 404),
        ("iiif/3/full/max/0/default.heic", 400),
        ("iiif/3/full/901,/0/default.png", 400),
        ("iiif/3/900,0,9,9/max/0/default.png", 400),
        ("iiif/3/full/max/0", 404),
        ("iiif/4/info.json", 404),
        ("iiif/2", 303),
        ("deepzoom.dzi?format=bmp", 400),
        ("deepzoom_files/11/0_0.jpg", 404),
        ("deepzoom_files/10/4_0.jpg", 404),
        ("deepzoom_files/-1/0_0.jpg", 404),
        ("deepzoom_files/a/0_0.jpg", 400),
        ("deepzoom_files/1/0_0.heic", 400),
        ("deepzoom_files/99999999999/0_0.jpg", 404),
    ],
)
def test_a_bad_ask(ask, scan, below, status):
    url = f"scans/{scan.pk}/{below}"
    assert alike(ask, url).status_code == status
    assert alike(ask, url, "head").status_code == status


@pytest.mark.parametrize("pk", [999_999, "abc", 10**30, "a b"])
def test_a_record_that_is_not_there(ask, scan, pk):
    found = alike(ask, f"scans/{pk}/tiles/0/0/0.png")
    assert found.status_code == 404
    assert found["Content-Type"] == http.PROBLEM_JSON


@pytest.mark.parametrize(
    ("content", "status"), [(b"words", 415), (b"II*\x00\x08\x00\x00\x00\x10\x00\x00\x01", 422)]
)
def test_a_bad_file(ask, scan, folder, content, status):
    (folder / "bad.tif").write_bytes(content)
    bad = Scan.objects.create(name="bad", file="bad.tif")
    found = alike(ask, f"scans/{bad.pk}/tiles/0/0/0.png")
    assert found.status_code == status
    assert str(folder).encode() not in found.content


@pytest.mark.parametrize("below", ["tiles/0/0/0.png", "tiles/a/0/0.png", "data/pixel"])
def test_permissions_come_first(ask, scan, below):
    Scan.objects.filter(pk=scan.pk).update(secret=True)
    assert alike(ask, f"scans/{scan.pk}/{below}", **{"if-none-match": "*"}).status_code == 403


@pytest.mark.parametrize("face", ["plain", "async"])
def test_a_mixin_in_front_refuses_with_a_problem(ask, scan, face):
    refused = ask(face, f"closed/{scan.pk}/tiles/0/0/0.png")
    assert (refused.status_code, refused.json()["status"]) == (403, 403)


def test_a_mixin_in_front_may_answer_an_async_view_at_once(ask, scan):
    assert ask("async", f"ajar/{scan.pk}/tiles/0/0/0.png").content == b"who are you?"


@pytest.mark.parametrize(
    ("method", "below", "allowed"),
    [
        ("post", "tiles/0/0/0.png", "GET, HEAD, OPTIONS"),
        ("put", "info/metadata", "GET, HEAD, OPTIONS"),
        ("delete", "data/zones", "POST, OPTIONS"),
        ("get", "data/zones", "POST, OPTIONS"),
        ("head", "data/feature.png", "POST, OPTIONS"),
    ],
)
def test_other_methods_are_refused(ask, scan, method, below, allowed):
    refused = alike(ask, f"scans/{scan.pk}/{below}", method)
    assert (refused.status_code, refused["Allow"]) == (405, allowed)


@pytest.mark.parametrize("face", FACES)
def test_options_are_told(ask, scan, face):
    told = ask(face, f"scans/{scan.pk}/tiles/0/0/0.png", "options")
    assert (told.status_code, told["Allow"]) == (200, "GET, HEAD, OPTIONS")


def test_accept_chooses(ask, scan):
    for accept, media_type in (("image/webp", "image/webp"), ("image/png,*/*;q=0.1", "image/png")):
        found = alike(ask, f"scans/{scan.pk}/data/thumbnail", accept=accept)
        assert (found["Content-Type"], found["Vary"]) == (media_type, "Accept")


@pytest.mark.parametrize(
    "look", [Style((Channel(1, stretch=Stretch.of(0, 255), invert=True),)).text, "nonsense"]
)
def test_a_model_may_store_a_look(ask, scan, picture_of, pixels, look):
    scan.look = look
    scan.save()
    shown = picture_of(alike(ask, f"scans/{scan.pk}/tiles/2/0/0.png"))
    expected = pixels[:256, :256] if look == "nonsense" else 255 - pixels[:256, :256, 1]
    assert np.array_equal(np.squeeze(shown), expected)


@pytest.fixture
def photo(db, folder):
    """Return the record of a TIFF of JPEG tiles, and the bytes of the first."""
    grey = np.add.outer(np.arange(512), np.arange(512)).astype(np.uint8)
    path = folder / "photo.tif"
    tifffile.imwrite(path, grey, tile=(256, 256), compression="jpeg")
    with tifffile.TiffFile(path) as file:
        first, length = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
    stored = path.read_bytes()[first : first + length]
    return Scan.objects.create(name="photo", file="photo.tif"), stored


@pytest.mark.parametrize("look", ["", "nonsense"])
def test_a_stored_tile_is_passed_on_untouched(ask, photo, look):
    record, stored = photo
    record.look = look
    record.save()
    assert alike(ask, f"scans/{record.pk}/tiles/1/0/0.jpg").content == stored
    assert alike(ask, f"scans/{record.pk}/tiles/1/0/0.jpg?quality=90").content != stored


def test_a_view_whose_look_is_the_default_passes_it_on_too(client, photo, settings):
    class Plainest(ImageViews):
        model = Scan

        def get_style(self):
            return Style()

    record, stored = photo
    settings.ROOT_URLCONF = urlconf(path("<int:pk>/", include(Plainest.get_urls())), prefix="")
    assert client.get(f"/{record.pk}/tiles/1/0/0.jpg").content == stored


def test_an_image_below_another_record(ask, scan):
    assert alike(ask, f"of/a/scans/{scan.pk}/tiles/1/0/0.png").status_code == 200
    assert alike(ask, f"of/b/scans/{scan.pk}/tiles/1/0/0.png").status_code == 404


def test_the_cache_of_the_project_serves_all_faces(ask, scan, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.TILEWRIGHT = {"cache": "default", "cache_min_ms": 0.0}
    for _ in range(2):
        assert alike(ask, f"scans/{scan.pk}/tiles/2/0/0.jpg").status_code == 200


def test_an_image_that_is_no_models(ask, db, settings, pixels):
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, tile=(256, 256), photometric="rgb")
    with far_away(**{"a.tif": file.getvalue()}) as far:
        settings.TILEWRIGHT = {"remote_hosts": far.allowed, "remote_allow_private": True}
        found = alike(ask, f"links/any/data/pixel?left=500&top=300&url={far.url('/a.tif')}")
        assert found.json()["value"] == pixels[300, 500].tolist()
        refused = alike(ask, "links/any/data/pixel?left=5&top=3&url=https://other.example/a.tif")
        assert (refused.status_code, refused.json()["parameter"]) == (400, "url")
        assert alike(ask, "links/any/data/pixel?left=5&top=3").status_code == 400
        many = alike(ask, f"links/any/data/pixel?url={far.url('/a.tif')}{'&a=1' * 1000}")
        assert (many.status_code, many.json()["parameter"]) == (400, "url")
        conf.edge().engine.close()


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_names_are_those_of_the_routers(settings, route):
    keys = {"z": 1, "x": 0, "y": 0, "fmt": "png", "tms": "t", "key": "label", "iiif": 3}
    keys |= {"region": "full", "size": "max", "rotation": "0", "quality": "default"}
    kwargs = {name: value for name, value in keys.items() if f"<{name}>" in route.path}
    urls = set()
    for addresses in FACES.values():
        settings.ROOT_URLCONF = addresses
        urls.add(reverse(f"scan-{route.name}", kwargs={"pk": 7, **kwargs}))
    assert len(urls) == 1


@pytest.mark.parametrize("face", ["plain", "async"])
def test_the_object_is_looked_up_once(ask, scan, face, django_assert_num_queries):
    with django_assert_num_queries(1):
        ask(face, f"scans/{scan.pk}/tiles/2/0/0.png")


def test_what_is_posted_needs_no_token(earth, settings):
    settings.ROOT_URLCONF = FACES["async"]
    settings.MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
    client = AsyncClient(enforce_csrf_checks=True)
    url = f"/scans/{earth.pk}/data/zones"
    found = async_to_sync(client.post)(url, SQUARE, content_type="application/geo+json")
    assert found.status_code == 200


def test_a_view_of_nothing_is_the_projects_fault(ask, db):
    with pytest.raises(ImproperlyConfigured, match=r"Unfinished needs a model"):
        ask("plain", "unfinished/1/tiles/0/0/0.png")


def test_slow_tiles_hold_neither_the_loop_nor_each_other(settings, pixels):
    file, gate = io.BytesIO(), Gate(AT_ONCE)
    tifffile.imwrite(file, np.tile(pixels, (2, 2, 1)), tile=(256, 256), photometric="rgb")
    # Tiles of one file may share a request: they would wait for each other.
    with far_away(**{f"{number}.tif": file.getvalue() for number in range(10)}) as far:
        settings.TILEWRIGHT = {
            "remote_hosts": far.allowed,
            "remote_allow_private": True,
            "remote_timeout_s": 4.0 * HANG_S,
        }
        settings.ROOT_URLCONF = FACES["async"]
        slow = asyncio.run(_slow_and_quick(far, gate))
        conf.edge().engine.close()
    assert [one.status_code for one in slow] == [200] * 10
    assert len({one.content for one in slow}) == 10


AT_ONCE = 5
"""As many tiles as are drawn at once where there is one processor."""


class Gate:
    """Stands before a server: closed until it is opened, or for a minute."""

    def __init__(self, crowd):
        self.crowded = threading.Event()
        """Set when as many wait as make a crowd."""
        self._crowd = threading.Semaphore(crowd - 1)
        self._open = threading.Event()

    def wait(self, _):
        if not self._crowd.acquire(blocking=False):
            self.crowded.set()
        self._open.wait(HANG_S)
        self._open.set()
        return False

    @property
    def closed(self):
        return not self._open.is_set()

    def open(self):
        self._open.set()


@pytest.mark.django_db(transaction=True)
def test_many_records_are_looked_up_at_once(settings, scan):
    settings.ROOT_URLCONF = FACES["async"]

    async def many():
        transport = httpx.ASGITransport(app=get_asgi_application())
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            below = f"/scans/{scan.pk}/data/pixel?top=1&left="
            return await asyncio.gather(*(client.get(f"{below}{x}") for x in range(30)))

    found = asyncio.run(many())
    assert [one.json()["value"][0] for one in found] == list(range(30))


async def _slow_and_quick(far, gate):
    """Ask for tiles of a server that holds them and, meanwhile, for what is quick."""
    transport = httpx.ASGITransport(app=get_asgi_application())
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        places = [(f"/{y * 5 + x}.tif", x, y) for y in range(2) for x in range(5)]
        urls = {far.url(path): f"tiles/3/{x}/{y}.png" for path, x, y in places}
        for url in urls:
            assert (await client.get(f"/links/any/tiles/3/6/4.png?url={url}")).status_code == 200
        far.fault = gate.wait
        asks = [client.get(f"/links/any/{tile}?url={url}") for url, tile in urls.items()]
        slow = asyncio.ensure_future(asyncio.gather(*asks))
        await asyncio.to_thread(gate.crowded.wait, 2 * HANG_S)
        for _ in range(10):
            assert (await client.get("/fast")).content == b"fast"
        # A held loop, or tiles that wait for each other, would have come here too late.
        assert gate.crowded.is_set()
        assert gate.closed
        gate.open()
        return await slow


def test_a_project_without_the_rest_framework(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.moveaxis(LABEL, 0, -1), photometric="rgb")
    program = """
        import sys
        sys.modules["rest_framework"] = None
        import django
        from django.conf import settings
        settings.configure(
            INSTALLED_APPS=["tilewright.django"], ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"]
        )
        django.setup()
        from django.test import Client
        from django.urls import include, path
        from tilewright.blobs.local import local_source
        from tilewright.django.views import ImageViews

        class Image(ImageViews):
            def get_source(self):
                return local_source(sys.argv[1])

        urlpatterns = [path("image/", include(Image.get_urls()))]
        response = Client().get("/image/tiles/0/0/0.png")
        print(response.status_code, response["Content-Type"])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "a.tif")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": ""},
    )
    assert (done.stdout, done.stderr) == ("200 image/png\n", "")
