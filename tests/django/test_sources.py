"""Sources of records: storages that have only `open`, URLs, rasters."""

import io
import threading
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import numpy as np
import pytest
import tifffile
from django.core.files.base import ContentFile, File
from django.core.files.storage import (
    FileSystemStorage,
    InMemoryStorage,
    Storage,
    default_storage,
    storages,
)
from django.core.management import call_command
from django.db import connections, models
from django.db.utils import load_backend
from django.urls import path, reverse
from drf_spectacular.views import SpectacularAPIView
from rest_framework import viewsets
from rest_framework.routers import SimpleRouter

from tests.blobs.far import far_away
from tests.testapp.maps import urlconf
from tests.testapp.models import Scan
from tests.testapp.views import ScanViewSet
from tilewright.blobs.local import local_source
from tilewright.config import Config
from tilewright.django import conf, sources
from tilewright.django.iiif import ENDINGS
from tilewright.django.image_routes import ROUTES
from tilewright.django.rest import ImageByUrlMixin
from tilewright.django.sources import (
    clear_copies,
    file_source,
    link_source,
    raster_source,
    unsigned,
    url_source,
    value_source,
)
from tilewright.engine import Engine
from tilewright.errors import (
    LimitError,
    ParameterError,
    SourceNotFoundError,
    SourceUnavailableError,
    UnsupportedSourceError,
)
from tilewright.image import Source


@pytest.fixture
def tiff(pixels):
    """Return a tiled TIFF."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, tile=(256, 256), compression="zlib", photometric="rgb")
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def setting(settings, tmp_path):
    """Start each test with an engine and a folder of copies of its own."""

    def change(**more):
        settings.TILEWRIGHT = {"copy_folder": str(tmp_path / "copies"), **more}

    change()
    return change


def field_file(storage, name):
    """Return what a record would hold."""
    field = models.FileField(storage=storage)
    return field.attr_class(Scan(), field, name)


def colour(source, x=300, y=200):
    """Return the bands of one pixel."""
    along = conf.edge().engine.profile(source, [(x, y), (x + 1, y)], samples=2)
    return [int(band[0]) for band in along.values]


def at(x=300, y=200):
    """Return what `pixels` has there."""
    return [x % 256, y % 256, (y // 256) * 16 + x // 256]


class Stream(io.RawIOBase):
    """A file that is read from its start to its end only."""

    def __init__(self, data, breaks_at=None):
        super().__init__()
        self._inner = io.BytesIO(data)
        self._breaks_at = breaks_at

    def readable(self):
        return True

    def read(self, length=-1):
        if self._breaks_at is not None and self._inner.tell() >= self._breaks_at:
            raise RuntimeError("a driver's own error, with secret://password")
        return self._inner.read(min(length, 1000) if length > 0 else length)


class OddStorage(Storage):
    """A storage of a project's own, over a dict."""

    def __init__(self, **files):
        self.files = files
        self.opened = 0
        self.asked = 0
        self.make = io.BytesIO

    def _open(self, name, mode="rb"):
        self.opened += 1
        if name not in self.files:
            raise FileNotFoundError(name)
        return File(self.make(self.files[name]), name)

    def size(self, name):
        self.asked += 1
        if name not in self.files:
            raise FileNotFoundError(name)
        return len(self.files[name])


class DatedStorage(OddStorage):
    day = 1

    def get_modified_time(self, name):
        return datetime(2026, 1, self.day, tzinfo=UTC)


def test_a_storage_of_the_settings_has_one_name_in_all_processes(settings):
    """A name that is new in each process would be another ETag, and another copy of each file."""
    odd = {"BACKEND": f"{__name__}.OddStorage", "OPTIONS": {"a": b"x"}}
    other = {**odd, "OPTIONS": {"a": b"y"}}
    names = []
    for made in (odd, odd, other):
        settings.STORAGES = {**settings.STORAGES, "default": made, "odd": odd}
        settings.TILEWRIGHT = {}
        names.append([file_source(field_file(storages[alias], "a")).uri for alias in ALIASES])
    assert names[0] == names[1]
    assert len({*names[0], *names[2]}) == 3
    strange = OddStorage(a=b"x")
    assert file_source(field_file(strange, "a")).uri not in names[0]


ALIASES = ("default", "odd")


def test_a_file_that_can_be_sought_in_is_read_where_it_lies(tiff):
    storage = OddStorage(a=tiff)
    source = file_source(field_file(storage, "a"))
    assert source.uri.startswith("storage://OddStorage-")
    assert source.uri.endswith("/a")
    assert colour(source) == at()
    assert colour(source, 800, 600) == at(800, 600)
    assert (storage.opened, storage.asked) == (1, 1)
    assert clear_copies() == 0


def test_another_file_is_copied_once(tiff, setting):
    storage = OddStorage(**{"dir/../a.tif": tiff})
    storage.make = Stream
    file = field_file(storage, "dir/../a.tif")
    assert colour(file_source(file)) == at()
    conf.edge().engine.close()
    assert colour(file_source(file), 800, 600) == at(800, 600)
    assert storage.opened == 3  # to see what it is, twice, and to copy it
    assert clear_copies() == len(tiff)


def test_many_threads_read_one_file(tiff):
    source = file_source(field_file(OddStorage(a=tiff), "a"))
    found = []

    def ask(x):
        found.append(colour(source, x, 200) == at(x, 200))

    threads = [threading.Thread(target=ask, args=(x,)) for x in range(0, 890, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 18


def test_a_changed_file_is_another_version(tiff, setting):
    setting(remote_fresh_s=0.000001)
    storage = DatedStorage(a=tiff)
    file = field_file(storage, "a")
    first = file_source(file)
    assert file_source(file) == first
    storage.day = 2
    assert file_source(file).version != first.version
    with pytest.raises(SourceUnavailableError, match="just changed"):
        conf.edge().engine.info(first)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda data: Stream(data, breaks_at=5000), SourceUnavailableError),
        (lambda data: Stream(data[:5000]), SourceUnavailableError),
        (
            lambda data: (_ for _ in ()).throw(ValueError("secret://password")),
            SourceUnavailableError,
        ),
        (lambda data: (_ for _ in ()).throw(FileNotFoundError("/secret/a")), SourceNotFoundError),
        (lambda data: io.BytesIO(b"no picture"), UnsupportedSourceError),
    ],
)
def test_what_a_storage_does_wrong_is_its_own_fault(tiff, make, error):
    storage = OddStorage(a=tiff)
    storage.make = make
    source = file_source(field_file(storage, "a"))
    with pytest.raises(error) as caught:
        conf.edge().engine.info(source)
    assert "secret" not in str(caught.value)
    assert clear_copies() == 0
    if error is SourceUnavailableError:
        storage.make = Stream
        assert colour(source) == at()


@pytest.mark.parametrize("name", ["missing", "../a", ""])
def test_a_file_that_is_not_there(tiff, name):
    with pytest.raises(SourceNotFoundError):
        file_source(field_file(OddStorage(a=tiff), name))


def test_a_storage_that_is_down(tiff):
    storage = OddStorage(a=tiff)
    storage.size = lambda name: 1 / 0
    with pytest.raises(SourceUnavailableError):
        file_source(field_file(storage, "a"))


def test_storages_in_memory_are_told_apart(tiff, pixels):
    sources = []
    for shade in (7, 9):
        storage = InMemoryStorage()
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, np.full((300, 400), shade, np.uint8))
        storage.save("a.tif", ContentFile(buffer.getvalue()))
        sources.append((storage, shade))
    for _ in range(2):
        for storage, shade in sources:
            assert colour(file_source(field_file(storage, "a.tif"))) == [shade]


def test_a_local_storage_that_decrypts_is_asked_to(tmp_path, tiff):
    class Mirrored(FileSystemStorage):
        def _open(self, name, mode="rb"):
            with super()._open(name, mode) as file:
                return ContentFile(file.read()[::-1])

    (tmp_path / "a").write_bytes(tiff[::-1])
    assert colour(file_source(field_file(Mirrored(tmp_path), "a"))) == at()
    plain = file_source(field_file(FileSystemStorage(tmp_path), "a"))
    assert plain.uri == str(tmp_path / "a")


def test_the_default_storage_is_what_the_settings_say(settings, tmp_path, tiff):
    (tmp_path / "a").write_bytes(tiff)
    settings.MEDIA_ROOT = tmp_path
    assert file_source(field_file(default_storage, "a")).uri == str(tmp_path / "a")
    settings.STORAGES = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    default_storage.save("a", ContentFile(tiff))
    source = file_source(field_file(default_storage, "a"))
    assert source.uri.startswith("storage://InMemoryStorage-")
    assert colour(source) == at()


def test_a_record_is_served_from_any_storage(client, scan, tiff, monkeypatch):
    storage = OddStorage(**{"a.tif": tiff})
    monkeypatch.setattr(Scan._meta.get_field("file"), "storage", storage)
    url = f"/api/scans/{scan.pk}/data/pixel?left=300&top=200"
    assert client.get(url).json()["value"] == at()
    storage.files.clear()
    conf.edge().storages.close()
    reply = client.get(url)
    assert (reply.status_code, reply["Content-Type"]) == (404, "application/problem+json")


# URLs


@contextmanager
def web(content):
    """Serve bytes by range over http; yields host:port and the queries that came."""
    queries = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            queries.append(self.path.partition("?")[2])
            start, stop = self.headers["Range"].removeprefix("bytes=").split("-")
            part = content[int(start) : int(stop) + 1]
            self.send_response(206)
            self.send_header(
                "Content-Range", f"bytes {start}-{int(start) + len(part) - 1}/{len(content)}"
            )
            self.send_header("Content-Length", str(len(part)))
            self.send_header("ETag", '"one"')
            self.end_headers()
            self.wfile.write(part)

        def log_message(self, *args):
            """Keep the tests' output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", queries
        finally:
            server.shutdown()
            thread.join()


class UrlViewSet(ScanViewSet):
    url_parameter = "url"


@pytest.fixture
def ask_url(client, settings, db):
    """Ask for a pixel of a URL."""
    router = SimpleRouter(trailing_slash=False)
    router.register("links", UrlViewSet, basename="link")
    settings.ROOT_URLCONF = urlconf(*router.urls, prefix="")

    def ask(url, more="left=300&top=200", path="data/pixel"):
        return client.get(f"/links/any/{path}?url={quote(url, safe='')}&{more}")

    return ask


def test_a_client_names_an_allowed_url(ask_url, tiff, setting):
    with web(tiff) as (host, queries):
        setting(remote_hosts=[f"http://{host}"], remote_allow_private=True)
        assert ask_url(f"http://{host}/a.tif?sig=1&se=2#top").json()["value"] == at()
        assert set(queries) == {"sig=1&se=2"}
        reply = ask_url(f"http://{host}/a.tif", "qualtiy=5", "tiles/0/0/0.png")
        assert reply.json()["parameter"] == "qualtiy"
        conf.edge().engine.close()


REFUSED = (
    "",
    "a.tif",
    "/etc/passwd",
    "file:///etc/passwd",
    "/vsicurl/https://allowed.example/a.tif",
    "/vsis3/bucket/key",
    "/vsizip//tmp/a.zip/a.tif",
    "/vsizip/vsicurl/https://allowed.example/a.zip",
    "vsicurl://allowed.example/a.tif",
    "storage://s3-scans/a.tif",
    "storage://raster/0",
    "https://other.example/a.tif",
    "http://allowed.example/a.tif",
    "https://allowed.example:8443/a.tif",
    "https://allowed.example@other.example/a.tif",
    "https://allowed.example\\@other.example/a.tif",
    "https://user:secret@allowed.example/a.tif",
    "https://allowed.example/../a.tif\r\nHost: x",
    "http://169.254.169.254/latest/meta-data",
    "http://127.1/",
    "s3://private/a.tif",
    "gs://private/a.tif",
    "s3://public/../private/a.tif",
    "https://allowed.example/" + "a" * 3000,
    "<VRTDataset/>",
)


@pytest.mark.parametrize("url", REFUSED)
def test_other_urls_are_refused_alike(ask_url, setting, url):
    setting(remote_hosts=["allowed.example", "s3://public"])
    reply = ask_url(url)
    assert reply.status_code == 400
    document = reply.json()
    assert document["parameter"] == "url"
    assert "secret" not in document["detail"]
    assert {document["detail"]} == {ask_url("/etc/shadow").json()["detail"]}


@pytest.mark.parametrize(
    "url", [url for url in REFUSED if url and url != "/vsicurl/https://allowed.example/a.tif"]
)
def test_a_record_names_no_other_places_either(setting, url):
    setting(remote_hosts=["allowed.example", "s3://public"])
    with pytest.raises(UnsupportedSourceError):
        link_source(url)


def test_the_url_is_given_once(ask_url, setting):
    setting(remote_hosts=["allowed.example"])
    assert ask_url("https://allowed.example/", "url=b").json()["parameter"] == "url"


def test_a_buckets_credentials_are_not_for_clients(setting):
    setting(remote_hosts=["s3://public"])
    conf.edge().engine.stores = {"s3://public": {"access_key_id": "x"}}
    with pytest.raises(ParameterError):
        url_source("s3://public/a.tif", "link")


def test_a_records_signature_is_no_part_of_keys(tiff, setting):
    with web(tiff) as (host, queries):
        setting(remote_hosts=[f"http://{host}"], remote_allow_private=True)
        sources = {
            value_source(f"http://{host}/a.tif?X-Amz-Signature={n}&X-Amz-Date={n}&versionId=7")
            for n in (1, 2)
        }
        assert [source.uri for source in sources] == [f"http://{host}/a.tif?versionId=7"]
        assert colour(sources.pop()) == at()
        assert all("X-Amz-Signature=" in one for one in queries)
        conf.edge().engine.close()


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", ""),
        ("a=1&b=%20", "?a=1&b=%20"),
        ("X-Amz-Algorithm=x&x-amz-signature=y&versionId=3", "?versionId=3"),
        ("AWSAccessKeyId=x&Signature=y&Expires=1&v=2", "?v=2"),
        ("GoogleAccessId=x&Signature=y&Expires=1", ""),
        ("X-Goog-Signature=x&X-Goog-Date=1&generation=5", "?generation=5"),
        ("Policy=x&Signature=y&Key-Pair-Id=1", ""),
        ("sv=2022&se=x&sr=b&sp=r&sig=abc%3D&snapshot=9", "?snapshot=9"),
        ("expires=5&sr=4326", "?expires=5&sr=4326"),
    ],
)
def test_signatures_are_known(query, kept):
    url = "https://a.example/b.tif"
    assert unsigned(f"{url}?{query}#top") == url + kept


@pytest.mark.parametrize("value", [7, b"a.tif", object()])
def test_other_values_are_no_images(value):
    with pytest.raises(UnsupportedSourceError):
        value_source(value)


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_field_is_not_found(value):
    with pytest.raises(SourceNotFoundError):
        value_source(value)


def test_a_source_is_its_own_source():
    assert value_source(Source("a", "1")) == Source("a", "1")


# Rasters


@pytest.fixture
def gdal():
    """Return GeoDjango's GDAL, which needs the system's library."""
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415

    try:
        from django.contrib.gis import gdal  # noqa: PLC0415

        gdal.gdal_version()
    except (ImproperlyConfigured, ImportError):
        pytest.skip("missing service: libgdal")
    return gdal


def elevation(gdal, **more):
    data = np.arange(60_000, dtype=np.float32).reshape(200, 300)
    return gdal.GDALRaster(
        {
            "width": 300,
            "height": 200,
            "srid": 32633,
            "origin": (500_000, 5_000_000),
            "scale": (10, -10),
            "datatype": 6,
            "bands": [{"data": data, "nodata_value": -1}],
            **more,
        }
    )


def test_a_raster_is_an_image(gdal):
    raster = elevation(gdal)
    source = value_source(raster)
    info = conf.edge().engine.info(source)
    assert (info.size.width, info.size.height, info.dtype) == (300, 200, "float32")
    assert info.bands[0].nodata == -1
    assert info.geo.crs == "EPSG:32633"
    assert (info.geo.affine.a, info.geo.affine.c) == (10, 500_000)
    assert colour(source, 5, 7) == [7 * 300 + 5]


def test_equal_rasters_are_one_source_and_changed_ones_another(gdal):
    raster = elevation(gdal)
    first = raster_source(raster)
    assert raster_source(elevation(gdal)) == first
    raster.bands[0].data(np.array([5], np.float32), offset=(3, 3), size=(1, 1))
    assert raster_source(raster) != first
    assert raster_source(elevation(gdal, scale=(20, -10))) != first
    assert raster_source(elevation(gdal, srid=3857)) != first


def test_a_raster_file_of_gdals_is_an_image(gdal, tmp_path, pixels):
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb")
    for raster in (
        gdal.GDALRaster(str(tmp_path / "a.tif")),
        gdal.GDALRaster((tmp_path / "a.tif").read_bytes()),
    ):
        assert colour(raster_source(raster)) == at()


def test_a_raster_is_bounded(gdal, setting):
    setting(limits={"decoded_bytes": 200_000})
    with pytest.raises(LimitError):
        raster_source(elevation(gdal))


@pytest.mark.slow
def test_a_raster_of_postgis_is_an_image(gdal, postgres, django_db_blocker):
    from django.contrib.gis.db.models import RasterField  # noqa: PLC0415 - it needs libgdal

    class Height(models.Model):  # noqa: DJ008
        raster = RasterField(srid=32633)

        class Meta:
            """It belongs to no project."""

            app_label = "testapp_gis"

    settings = connections.configure_settings(
        {
            "default": {},
            "gis": {
                "ENGINE": "django.contrib.gis.db.backends.postgis",
                "NAME": "tests",
                "USER": "tests",
                "HOST": "127.0.0.1",
                "PORT": str(postgres.port),
            },
        }
    )["gis"]
    connection = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "gis")
    connections.settings["gis"] = settings
    connections["gis"] = connection
    with django_db_blocker.unblock():
        try:
            with connection.schema_editor() as editor:
                editor.create_model(Height)
            Height.objects.using("gis").create(raster=elevation(gdal))
            record = Height.objects.using("gis").get()
            source = value_source(record.raster)
            assert colour(source, 5, 7) == [7 * 300 + 5]
            info = conf.edge().engine.info(source)
            assert (info.geo.crs, info.bands[0].nodata) == ("EPSG:32633", -1)
            assert value_source(Height.objects.using("gis").get().raster) == source
            Height.objects.using("gis").update(raster=elevation(gdal, scale=(5, -5)))
            assert value_source(Height.objects.using("gis").get().raster) != source
        finally:
            connection.close()
            del connections["gis"], connections.settings["gis"]


class LinksViewSet(ImageByUrlMixin, viewsets.GenericViewSet):
    """Images that no record has."""


@pytest.fixture
def ask_list(client, settings):
    """Ask a viewset as a whole for the image of a URL."""
    router = SimpleRouter(trailing_slash=False)
    router.register("links", LinksViewSet, basename="link")
    schema = path("schema", SpectacularAPIView.as_view())
    settings.ROOT_URLCONF = urlconf(*router.urls, schema, prefix="")
    return lambda route, url: client.get(f"/links/{route}?url={quote(url, safe='')}")


def test_a_list_route_draws_a_url(ask_list, tiff, setting):
    with web(tiff) as (host, _):
        setting(remote_hosts=[f"http://{host}"], remote_allow_private=True)
        url = f"http://{host}/a.tif"
        assert ask_list("data/thumbnail.png", url)["Content-Type"] == "image/png"
        assert ask_list("tiles/0/0/0.jpg", url)["Content-Type"] == "image/jpeg"
        assert ask_list("info/metadata", url).json()["sizeX"] == 900
        refused = ask_list("data/thumbnail.png", "https://other.example/a.tif")
        assert refused.status_code == 400
        assert refused.json()["parameter"] == "url"
        conf.edge().engine.close()
    assert reverse("link-thumbnail", urlconf=None, kwargs={"fmt": "png"}) == (
        "/links/data/thumbnail.png"
    )


def test_the_schema_has_the_url_of_list_routes(ask_list, client):
    paths = client.get("/schema?format=json").json()["paths"]
    # What names an image of IIIF is its path.
    assert len(paths) >= len(ROUTES) - len(ENDINGS)
    assert not any("/iiif/" in route for route in paths)
    for route, methods in paths.items():
        if not route.startswith("/links/"):
            continue
        for asked in methods.values():
            named = {each["name"]: each for each in asked["parameters"]}
            assert named["url"]["required"], route
            assert named["url"]["in"] == "query"
            assert "id" not in named
    drawn = paths["/links/data/thumbnail.{fmt}"]["get"]
    assert {"url", "max_width"} <= {each["name"] for each in drawn["parameters"]}


def test_a_list_route_may_have_a_source_of_its_own(client, settings, tiff, tmp_path):
    file = tmp_path / "newest.tif"
    file.write_bytes(tiff)

    class NewestViewSet(ImageByUrlMixin, viewsets.GenericViewSet):
        url_parameter = ""

        def get_source(self):
            return local_source(file)

    router = SimpleRouter(trailing_slash=False)
    router.register("newest", NewestViewSet, basename="newest")
    schema = path("schema", SpectacularAPIView.as_view())
    settings.ROOT_URLCONF = urlconf(*router.urls, schema, prefix="")
    assert client.get("/newest/info/metadata").json()["sizeX"] == 900
    drawn = client.get("/schema?format=json").json()["paths"]["/newest/data/thumbnail.{fmt}"]["get"]
    assert {each["name"] for each in drawn["parameters"]}.isdisjoint({"", "url", "id"})


def test_a_viewset_with_records_keeps_its_routes():
    assert all(each.detail for each in ScanViewSet.get_extra_actions())


def test_documents_of_a_file_far_away_take_few_bytes(ask_list, setting):
    pixels = np.random.default_rng(1).integers(0, 255, (4000, 4000), np.uint8)
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, tile=(256, 256))
    with far_away(**{"a.tif": buffer.getvalue()}) as far:
        setting(remote_hosts=far.allowed, remote_allow_private=True)
        dumped = ask_list("info/tiffdump", far.url("/a.tif")).json()
        assert dumped["size"] == len(buffer.getvalue())
        assert dumped["ifds"][0]["tags"]["256"]["data"] == [4000]
        inside = ask_list("info/metadata_internal", far.url("/a.tif")).json()
        assert inside["RasterXSize"] == 4000
        spans = [text.removeprefix("bytes=").split("-") for text in far.asked]
        assert len(spans) <= 4
        assert sum(int(last) - int(first) + 1 for first, last in spans) < 500_000
        conf.edge().engine.close()


@pytest.mark.parametrize("prefix", ["s3://slides", "s3://slides/"])
def test_no_client_reads_with_the_projects_credentials(prefix):
    engine = Engine(Config(remote_hosts=("s3://slides",)), {prefix: {"access_key_id": "x"}})
    with pytest.raises(ParameterError):
        sources._check_public("s3://slides/a.tif", engine)
    sources._check_public("s3://slides-2/a.tif", engine)
    engine.close()


def test_the_command_removes_copies(tiff, capsys):
    storage = OddStorage(**{"a.tif": tiff})
    storage.make = Stream
    assert colour(file_source(field_file(storage, "a.tif"))) == at()
    call_command("tilewright_clear_cache", "--copies")
    assert f"{len(tiff):,} bytes" in capsys.readouterr().out
    assert clear_copies() == 0


def test_a_record_holds_a_name_of_gdal(tiff, setting):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("deep/a.tif", tiff)
    with far_away(**{"a.tif": tiff, "a.zip": buffer.getvalue()}) as far:
        setting(remote_hosts=far.allowed, remote_allow_private=True)
        assert colour(value_source(f"/vsicurl/{far.url('/a.tif')}?Signature=1&Expires=2")) == at()
        inside = value_source(f"/vsizip/vsicurl/{far.url('/a.zip')}/deep/a.tif")
        assert inside.uri == far.url("/a.zip")
        assert colour(inside) == at()
        with pytest.raises(SourceNotFoundError):
            colour(value_source(f"/vsizip/vsicurl/{far.url('/a.zip')}/a.tif"))
        conf.edge().engine.close()


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl/https://other.example/a.tif",
        "/vsis3/other/a.tif",
        "/vsizip//etc/a.zip/a.tif",
        "/vsimem/a.tif",
        "/vsicurl/storage://raster/0",
    ],
)
def test_other_names_of_gdal_in_records_are_refused(name):
    with pytest.raises(UnsupportedSourceError, match="not one that this server may read"):
        value_source(name)


def test_a_member_of_a_field_s_file_is_an_image(tiff):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.tif", tiff)
    storage = OddStorage(**{"a.zip": buffer.getvalue()})
    file = file_source(field_file(storage, "a.zip"))
    assert colour(file.with_option("member", "a.tif")) == at()
