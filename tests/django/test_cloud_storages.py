"""Storages of django-storages over a server that speaks S3."""

import io
import threading
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import boto3
import numpy as np
import pytest
import tifffile
from botocore import UNSIGNED
from botocore.config import Config
from django.core.files.base import ContentFile
from django.db import models
from s3_file_field.fields import S3FileField
from storages.backends.s3 import S3Storage

from tests.services import AZURE_ACCOUNT, AZURE_KEY
from tests.testapp.models import Scan
from tilewright.django import conf
from tilewright.django.sources import clear_copies, file_source
from tilewright.django.storages.cloud import cloud_place
from tilewright.errors import SourceNotFoundError, SourceUnavailableError

KEYS = {
    "access_key": "AKIDEXAMPLE",
    "secret_key": "not a secret",
    "region_name": "us-east-1",
    "bucket_name": "scans",
}


@pytest.fixture
def tiff(pixels):
    """Return a tiled TIFF of a megabyte."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, tile=(256, 256), photometric="rgb")
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def setting(settings, tmp_path):
    """Start each test with an engine and a folder of copies of its own."""

    def change(**more):
        settings.TILEWRIGHT = {"copy_folder": str(tmp_path / "copies"), **more}

    change()
    yield change
    change()


class Counted:
    """A proxy before the S3 server, which writes down what is asked."""

    def __init__(self, address):
        asked = self.asked = []
        behind = urlsplit(address).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                asked.append((self.command, self.path, dict(self.headers)))
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                connection = HTTPConnection(behind)
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                content = answer.read()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                        self.send_header(name, value)
                length = answer.getheader("Content-Length") or str(len(content))
                self.send_header("Content-Length", length)
                self.end_headers()
                self.wfile.write(content)
                connection.close()

            do_GET = do_HEAD = pass_on  # noqa: N815 - as the library wants them

            def log_message(self, *args):
                """Keep the tests' output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def proxy(s3):
    counted = Counted(s3)
    yield counted
    counted.close()


@pytest.fixture
def put(s3):
    """Put an object into a bucket, which is made when it is not there."""
    client = boto3.client(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",  # noqa: S106
    )

    def store(key, content, acl="private"):
        client.create_bucket(Bucket="scans")
        client.put_object(Bucket="scans", Key=key, Body=content, ACL=acl)

    yield store
    client.close()


def s3_storage(address, **more):
    return S3Storage(**{"endpoint_url": address, **KEYS, **more})


def field_file(storage, name, field=models.FileField):
    """Return what a record would hold."""
    made = field(storage=storage)
    return made.attr_class(Scan(), made, name)


def colour(source, x=300, y=200):
    """Return the bands of one pixel."""
    along = conf.edge().engine.profile(source, [(x, y), (x + 1, y)], samples=2)
    return [int(band[0]) for band in along.values]


def at(x=300, y=200):
    """Return what `pixels` has there."""
    return [x % 256, y % 256, (y // 256) * 16 + x // 256]


def test_a_tile_costs_two_requests_and_the_next_one(
    client, scan, put, proxy, tiff, monkeypatch, picture_of, pixels
):
    put("a.tif", tiff)
    monkeypatch.setattr(Scan._meta.get_field("file"), "storage", s3_storage(proxy.address))
    tiles = f"/api/scans/{scan.pk}/tiles/2"
    first = client.get(f"{tiles}/1/1.png")
    assert (picture_of(first)[..., :3] == pixels[256:512, 256:512]).all()
    assert len(proxy.asked) <= 2
    del proxy.asked[:]
    assert client.get(f"{tiles}/2/1.png").status_code == 200
    assert len(proxy.asked) == 1
    again = client.get(f"{tiles}/1/1.png", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert len(proxy.asked) == 1
    assert all(
        method == "GET" and "range" in map(str.lower, headers) for method, _, headers in proxy.asked
    )
    assert clear_copies() == 0


def test_the_storages_own_credentials_sign(put, proxy, tiff):
    put("a.tif", tiff)
    file_source(field_file(s3_storage(proxy.address, security_token="tok"), "a.tif"))  # noqa: S106
    headers = {name.lower(): value for name, value in proxy.asked[0][2].items()}
    assert "AKIDEXAMPLE/" in headers["authorization"]
    assert headers["x-amz-security-token"] == "tok"


def test_an_unsigned_storage_signs_nothing(put, proxy, tiff):
    put("public.tif", tiff, "public-read")
    storage = s3_storage(proxy.address, client_config=Config(signature_version=UNSIGNED))
    assert colour(file_source(field_file(storage, "public.tif"))) == at()
    assert not any("authorization" in map(str.lower, headers) for _, _, headers in proxy.asked)


def test_signed_urls_change_no_keys(put, s3, tiff):
    put("a.tif", tiff)
    sources = set()
    for seconds in (60, 6000):
        storage = s3_storage(s3, querystring_auth=True, querystring_expire=seconds)
        file = field_file(storage, "a.tif")
        assert "Signature" in file.url
        sources.add(file_source(file))
        conf.edge().storages.close()
    assert len(sources) == 1


def test_a_replaced_object_is_another_version(put, s3, tiff, setting):
    setting(remote_fresh_s=0.000001)
    put("b.tif", tiff)
    file = field_file(s3_storage(s3), "b.tif")
    first = file_source(file)
    assert file_source(file) == first
    put("b.tif", tiff + b"\0")
    assert file_source(file) != first
    assert colour(file_source(file)) == at()


@pytest.mark.parametrize("name", ["a b.tif", "ünï/größe.tif", "a%2Fb+c.tif", "deep/./er/a.tif"])
def test_names_and_locations(put, s3, tiff, name):
    storage = s3_storage(s3, location="media/all")
    put(storage._normalize_name(name), tiff)
    assert colour(file_source(field_file(storage, name))) == at()


@pytest.mark.parametrize("name", ["missing.tif", "../a.tif", "/../../a.tif"])
def test_what_is_not_there(put, s3, tiff, name):
    put("a.tif", tiff)
    with pytest.raises(SourceNotFoundError):
        file_source(field_file(s3_storage(s3, location="media"), name))


def test_buckets_of_one_name_are_told_apart(s3, put, proxy, tiff):
    put("c.tif", tiff)
    direct = file_source(field_file(s3_storage(s3), "c.tif"))
    through = file_source(field_file(s3_storage(proxy.address), "c.tif"))
    assert direct.uri != through.uri
    assert direct.version == through.version
    assert s3 not in direct.uri
    assert "AKIDEXAMPLE" not in direct.uri


def test_a_server_that_is_down_says_so(setting):
    setting(remote_retries=0, remote_timeout_s=1.0)
    with pytest.raises(SourceUnavailableError) as caught:
        file_source(field_file(s3_storage("http://127.0.0.1:9"), "a.tif"))
    assert "127.0.0.1" not in str(caught.value)


def test_a_storage_that_cannot_be_set_up_says_so():
    storage = S3Storage(session_profile="no such profile", bucket_name="scans")
    with pytest.raises(SourceUnavailableError) as caught:
        file_source(field_file(storage, "a.tif"))
    assert "no such profile" not in str(caught.value)


def test_a_field_of_django_s3_file_field(put, proxy, tiff):
    put("d2b1/a.tif", tiff)
    file = field_file(s3_storage(proxy.address), "d2b1/a.tif", S3FileField)
    assert colour(file_source(file)) == at()
    assert {method for method, _, _ in proxy.asked} == {"GET"}


class Mirrored(S3Storage):
    """Keeps its files back to front."""

    def _open(self, name, mode="rb"):
        with super()._open(name, mode) as file:
            return ContentFile(file.read()[::-1])


def test_a_storage_that_decrypts_is_asked_to(put, s3, tiff):
    put("e.tif", tiff[::-1])
    storage = Mirrored(endpoint_url=s3, **KEYS)
    assert colour(file_source(field_file(storage, "e.tif"))) == at()
    storage.connection.meta.client.close()


@pytest.mark.parametrize(
    "more",
    [
        {"verify": "/etc/ssl/own.pem"},
        {"proxies": {"https": "http://proxy.example"}},
        {"object_parameters": {"SSECustomerKey": "k", "SSECustomerAlgorithm": "AES256"}},
        {"endpoint_url": None, "use_ssl": False},
    ],
)
def test_what_ranges_cannot_honour_is_left_to_open(more):
    assert cloud_place(s3_storage("https://s3.example", **more)) is None


@pytest.mark.parametrize(
    ("more", "endpoint"),
    [
        ({}, "https://s3.example"),
        ({"addressing_style": "path"}, "https://s3.example"),
        ({"addressing_style": "virtual"}, "https://scans.s3.example"),
        ({"addressing_style": "virtual", "endpoint_url": None}, None),
    ],
)
def test_how_the_bucket_is_addressed(more, endpoint):
    place = cloud_place(s3_storage("https://s3.example/", **more))
    assert place.options.get("endpoint") == endpoint
    assert place.options["virtual_hosted_style_request"] == (
        more.get("addressing_style") == "virtual"
    )


class Ranges(BaseHTTPRequestHandler):
    """Gives the server's content by range, as Google does, whose server nobody else can run."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        content = self.server.content
        start, stop = self.headers["Range"].removeprefix("bytes=").split("-")
        part = content[int(start) : int(stop) + 1]
        self.send_response(206)
        self.send_header(
            "Content-Range", f"bytes {start}-{int(start) + len(part) - 1}/{len(content)}"
        )
        self.send_header("Content-Length", str(len(part)))
        self.send_header("ETag", '"one"')
        self.send_header("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT")
        self.end_headers()
        self.wfile.write(part)

    def log_message(self, *args):
        """Keep the tests' output clean."""


@pytest.fixture
def ranges(tiff):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ranges)
    server.daemon_threads = True
    server.content, server.asked = tiff, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def azure_storage(address, **secret):
    """Return a storage of the container ``scans``, below ``media``."""
    from storages.backends.azure_storage import AzureStorage  # noqa: PLC0415 - it is large

    parts = {
        "DefaultEndpointsProtocol": "http",
        "AccountName": AZURE_ACCOUNT,
        "BlobEndpoint": address,
        "AccountKey": secret.get("account_key"),
        "SharedAccessSignature": secret.get("sas_token"),
    }
    connection = ";".join(f"{name}={value}" for name, value in parts.items() if value)
    return AzureStorage(
        azure_container="scans", location="media", connection_string=connection, **secret
    )


@pytest.fixture
def container(azure, tiff):
    """Put ``a b.tif`` below ``media`` into a container; return the storage with its key."""
    storage = azure_storage(azure, account_key=AZURE_KEY)
    container = storage.service_client.create_container("scans")
    storage.save("a b.tif", ContentFile(tiff))
    yield storage
    container.delete_container()
    storage.service_client.close()


def test_azure_is_read_with_the_storages_own_key(container):
    source = file_source(field_file(container, "a b.tif"))
    assert colour(source) == at()
    assert AZURE_KEY not in str(source)
    container.save("b.tif", ContentFile(b"other"))
    assert file_source(field_file(container, "b.tif")).version != source.version
    with pytest.raises(SourceNotFoundError):
        file_source(field_file(container, "c.tif"))


@pytest.fixture
def signed(container, azure):
    """Return a storage whose shared access signature permits what is asked."""
    from azure.storage.blob import generate_container_sas  # noqa: PLC0415 - it is large

    made = []

    def storage(permission):
        signature = generate_container_sas(
            AZURE_ACCOUNT,
            container.azure_container,
            account_key=AZURE_KEY,
            permission=permission,
            expiry=datetime(2100, 1, 1, tzinfo=UTC),
        )
        made.append(azure_storage(azure, sas_token=signature))
        return made[-1]

    yield storage
    for each in made:
        each.service_client.close()


def test_azure_is_read_with_a_shared_access_signature(signed):
    file = field_file(signed("r"), "a b.tif")
    source = file_source(file)
    assert colour(source) == at()
    # Of the same account, so the same place; but it may not read.
    with pytest.raises(SourceUnavailableError) as caught:
        file_source(field_file(signed("w"), "a b.tif"))
    assert "sig=" not in str(caught.value)
    assert file_source(file) == source
    assert colour(source) == at()


def test_an_open_file_is_read_with_the_newest_signature(container, signed):
    values = np.random.default_rng(1).integers(0, 256, (2048, 2048), "u1")
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, tile=(256, 256))
    container.save("large.tif", ContentFile(buffer.getvalue()))
    source = file_source(field_file(signed("r"), "large.tif"))
    assert colour(source, 5, 7) == [values[7, 5]]
    with pytest.raises(SourceUnavailableError):
        file_source(field_file(signed("w"), "large.tif"))
    with pytest.raises(SourceUnavailableError):
        colour(source, 2000, 1900)
    assert file_source(field_file(signed("rl"), "large.tif")) == source
    assert colour(source, 2000, 1900) == [values[1900, 2000]]


def test_azure_refuses_another_key(container, azure):
    wrong = azure_storage(azure, account_key="bm90IGEgc2VjcmV0")
    with pytest.raises(SourceUnavailableError):
        file_source(field_file(wrong, "a b.tif"))
    wrong.service_client.close()


@pytest.mark.parametrize("token", ["tok", None])
def test_google_is_read_with_the_storages_own_token(ranges, monkeypatch, token):
    from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415 - large
    from google.oauth2.credentials import Credentials  # noqa: PLC0415 - likewise
    from storages.backends.gcloud import GoogleCloudStorage  # noqa: PLC0415 - likewise

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{ranges.server_port}")
    storage = GoogleCloudStorage(
        bucket_name="scans",
        project_id="p",
        location="media",
        credentials=Credentials(token, expiry=datetime(2100, 1, 1))  # noqa: DTZ001 - as it is told
        if token
        else AnonymousCredentials(),
    )
    assert colour(file_source(field_file(storage, "a.tif"))) == at()
    path, headers = ranges.asked[0]
    assert unquote(path) == "/scans/media/a.tif"
    assert headers.get("authorization") == (f"Bearer {token}" if token else None)
    storage.client.close()


def test_locations_in_one_bucket_are_told_apart(put, s3, tiff, pixels):
    other = io.BytesIO()
    tifffile.imwrite(other, pixels[::-1].copy(), tile=(256, 256), photometric="rgb")
    put("media/a.tif", tiff)
    put("private/a.tif", other.getvalue())
    media, private = (
        file_source(field_file(s3_storage(s3, location=location), "a.tif"))
        for location in ("media", "private")
    )
    assert media != private
    assert colour(media) == at()
    assert colour(private) == pixels[::-1][200, 300].tolist()


@pytest.mark.parametrize(
    ("refresh_token", "signed"),
    [(None, ["Bearer one", "Bearer two"]), ("again", ["Bearer one"])],
    ids=["a token that grows old is replaced", "one that renews itself is kept"],
)
def test_two_storages_of_one_google_bucket(ranges, monkeypatch, refresh_token, signed):
    from google.oauth2.credentials import Credentials  # noqa: PLC0415 - large
    from storages.backends.gcloud import GoogleCloudStorage  # noqa: PLC0415 - likewise

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{ranges.server_port}")
    storages = [
        GoogleCloudStorage(
            bucket_name="scans",
            project_id="p",
            credentials=Credentials(token, refresh_token, expiry=datetime(2100, 1, 1)),  # noqa: DTZ001 - as it is told
        )
        for token in ("one", "two")
    ]
    sources = {file_source(field_file(storage, "a.tif")) for storage in storages}
    assert len(sources) == 1
    assert [headers["authorization"] for _, headers in ranges.asked] == signed
    for storage in storages:
        storage.client.close()
