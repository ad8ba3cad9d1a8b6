"""Objects of a server that speaks S3."""

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.blobs.far import far_away
from tilewright.blobs.cloud import make_store, parse_object
from tilewright.blobs.places import Places
from tilewright.config import Config
from tilewright.errors import (
    ConfigurationError,
    ParameterError,
    SourceNotFoundError,
    SourceUnavailableError,
)

DATA = random.Random(2).randbytes(400_000)


@dataclass(frozen=True)
class S3:
    endpoint: str
    client: Any

    @property
    def options(self) -> dict[str, str]:
        return {
            "endpoint": self.endpoint,
            "access_key_id": "testing",
            "secret_access_key": "testing",
            "region": "us-east-1",
        }

    def places(self, **settings: Any) -> Places:
        config = Config(remote_timeout_s=60.0, **settings)
        return Places(config, {"s3://slides": self.options})


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="slides")
    for key, data in {"a/big.bin": DATA, "empty": b"", "ä b.bin": DATA[:10]}.items():
        client.put_object(Bucket="slides", Key=key, Body=data)
    yield S3(endpoint, client)
    client.close()
    server.stop()


def test_bytes_come_by_range(s3: S3) -> None:
    places = s3.places()
    source = places.source("s3://slides/a/big.bin")
    blob = places.open(source)
    assert blob.size == len(DATA)
    assert blob.version == source.version
    assert blob.read(0, 100) == DATA[:100]
    assert blob.read(65_000, 100_000) == DATA[65_000:165_000]
    assert blob.read_ranges([(399_990, 100), (200_000, 5)]) == [
        DATA[399_990:],
        DATA[200_000:200_005],
    ]


@pytest.mark.parametrize(("key", "size"), [("empty", 0), ("ä b.bin", 10)])
def test_odd_objects_are_read(s3: S3, key: str, size: int) -> None:
    places = s3.places()
    blob = places.open(places.source(f"s3://slides/{key}"))
    assert blob.read(0, 4096) == DATA[:size]


def test_a_missing_object_is_not_found(s3: S3) -> None:
    with pytest.raises(SourceNotFoundError) as caught:
        s3.places().source("s3://slides/nothing")
    assert caught.value.uri == "s3://slides/nothing"


def test_an_object_that_changes_is_noticed(s3: S3) -> None:
    s3.client.put_object(Bucket="slides", Key="changing", Body=DATA)
    places = s3.places()
    source = places.source("s3://slides/changing")
    blob = places.open(source)
    s3.client.put_object(Bucket="slides", Key="changing", Body=DATA[::-1])
    with pytest.raises(SourceUnavailableError, match="changed"):
        blob.read(300_000, 10)
    assert places.source("s3://slides/changing") != source


def test_a_presigned_address_and_the_object_itself_have_one_version(s3: S3) -> None:
    uri = "s3://slides/a/big.bin"
    signed = s3.client.generate_presigned_url(
        "get_object", Params={"Bucket": "slides", "Key": "a/big.bin"}
    )
    places = s3.places(remote_hosts=(s3.endpoint,), remote_allow_private=True, remote_fresh_s=0.001)
    by_signature = places.source(uri, address=signed)
    assert by_signature == s3.places().source(uri)
    assert places.open(by_signature).read(300_000, 10) == DATA[300_000:300_010]


def test_a_presigned_address_is_guarded_too(s3: S3) -> None:
    with pytest.raises(ParameterError):
        s3.places().source("s3://slides/a/big.bin", address=f"{s3.endpoint}/slides/a/big.bin")


@pytest.mark.parametrize(
    "uri",
    [
        "s3://other/a",
        "s3://slides-2/a",
        "s3://slides",
        "s3://slides/",
        "s3://slides/../other/a",
        "s3://slides/a//b",
        "s3://slides/a\r\nb",
        "s3:///a",
        "s3://sl/ides@127.0.0.1/a",
        "gs://slides/a",
        "az://slides/a",
        "file:///etc/passwd",
        "memory://slides/a",
    ],
)
def test_other_places_are_refused(s3: S3, uri: str) -> None:
    with pytest.raises(ParameterError):
        s3.places().source(uri)


def test_a_listed_bucket_is_asked_without_credentials() -> None:
    with far_away() as far:
        far.fault = lambda asked: not asked.answer(403)
        options = {"endpoint": far.url(""), "region": "us-east-1", "skip_signature": "true"}
        places = Places(Config(), {"s3://open": options})
        with pytest.raises(SourceUnavailableError) as caught:
            places.source("s3://open/a")
        assert "Authorization" not in far.headers[0]
        assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize("status", [500, 503])
def test_a_failing_server_is_asked_again(status: int) -> None:
    with far_away() as far:
        far.fault = lambda asked: not asked.answer(status)
        options = {"endpoint": far.url(""), "region": "us-east-1", "skip_signature": "true"}
        places = Places(Config(remote_retries=1), {"s3://open": options})
        with pytest.raises(SourceUnavailableError):
            places.source("s3://open/a")
        assert len(far.asked) >= 2


def test_two_prefixes_of_a_bucket_do_not_share_credentials() -> None:
    with far_away() as far:
        far.fault = lambda asked: not asked.answer(403)
        options = {"endpoint": far.url(""), "region": "us-east-1", "secret_access_key": "x"}
        stores = {
            f"s3://shared/{owner}": options | {"access_key_id": owner} for owner in ("ann", "bob")
        }
        with closing(Places(Config(remote_retries=0), stores)) as places:
            for owner in ("ann", "bob", "ann"):
                with pytest.raises(SourceUnavailableError):
                    places.source(f"s3://shared/{owner}/a.tif")
                assert f"Credential={owner}/" in far.headers[-1]["authorization"]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://b-1/k/l.tif", ("s3", "b-1", None, "k/l.tif")),
        ("gs://b_1/k", ("gs", "b_1", None, "k")),
        ("az://c/k", ("az", "c", None, "k")),
        ("abfs://c@account.dfs.core.windows.net/k", ("az", "c", "account", "k")),
    ],
)
def test_uris_are_taken_apart(uri: str, expected: tuple[object, ...]) -> None:
    assert parse_object(uri) == expected


@pytest.mark.parametrize(
    ("uri", "options"),
    [
        ("gs://bucket/k", {"skip_signature": True}),
        ("az://container/k", {"account_name": "account", "skip_signature": True}),
        ("abfs://container@account.dfs.core.windows.net/k", {"skip_signature": True}),
    ],
)
def test_other_clouds_have_stores(uri: str, options: dict[str, object]) -> None:
    assert make_store(parse_object(uri), options, Config()) is not None


def test_wrong_options_are_told(s3: S3) -> None:
    places = Places(Config(), {"s3://slides": {"acess_key": "x"}})
    with pytest.raises(ConfigurationError, match="options of s3://slides"):
        places.source("s3://slides/a")
