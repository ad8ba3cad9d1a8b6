import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_redis_answers(redis):
    from redis import Redis  # noqa: PLC0415 - it is missing where this is skipped

    with Redis(port=redis.port) as client:
        assert client.ping()


def test_memcached_answers(memcached):
    from pymemcache import Client  # noqa: PLC0415 - likewise

    client = Client(memcached.address)
    assert client.version()
    client.close()


def test_postgres_has_postgis(postgres):
    import psycopg  # noqa: PLC0415 - likewise

    address = f"postgresql://tests@127.0.0.1:{postgres.port}/tests"
    with psycopg.connect(address) as connection:
        (width,) = connection.execute(
            "SELECT ST_Width(ST_MakeEmptyRaster(7, 5, 0, 0, 1))"
        ).fetchone()
    assert width == 7


def test_s3_gives_ranges(s3):
    import boto3  # noqa: PLC0415 - likewise

    client = boto3.client(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="tests",
        aws_secret_access_key="tests",  # noqa: S106 - any does
    )
    client.create_bucket(Bucket="services")
    client.put_object(Bucket="services", Key="a", Body=b"0123456789")
    answer = client.get_object(Bucket="services", Key="a", Range="bytes=2-4")
    assert answer["Body"].read() == b"234"
    client.close()


@pytest.mark.parametrize(
    ("required", "code", "said"),
    [
        ("0", 0, "missing service: redis-server: 1 tests skipped"),
        ("1", 1, "missing service: redis-server"),
    ],
)
def test_a_missing_server_skips_or_fails(tmp_path, required, code, said):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            __file__,
            "-k",
            "test_redis_answers",
            "-p",
            "no:cacheprovider",
        ],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path), "REQUIRE_SERVICES": required},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert said in done.stdout
