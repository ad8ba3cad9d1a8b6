import itertools
import os
from collections import Counter
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

from tests import services

# How long an example takes is the machine's affair, and that of what else it does.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
_NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def _own_cache_of_gdal(monkeypatch, tmp_path_factory):
    """Give GDAL, as a client of maps, a cache for each test.

    Else it keeps what it got in the home folder, by address, for days: and a server of another
    test may have had the same port.
    """
    folder = tmp_path_factory.getbasetemp() / f"gdal{next(_NUMBERS)}"
    monkeypatch.setenv("GDAL_DEFAULT_WMS_CACHE_PATH", str(folder))


def _serve(start):
    """Run a server while tests need it; without it they are skipped, or fail in CI."""
    with ExitStack() as running:
        try:
            server = running.enter_context(start())
        except services.ServiceMissingError as error:
            reason = f"{services.MISSING} {error}"
            if os.environ.get("REQUIRE_SERVICES") == "1":
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
        yield server


@pytest.fixture(scope="session")
def redis():
    """Return a Redis server."""
    yield from _serve(services.redis_server)


@pytest.fixture
def own_redis():
    """Return a Redis server that a test may stop and kill."""
    yield from _serve(services.redis_server)


@pytest.fixture(scope="session")
def memcached():
    """Return a memcached server."""
    yield from _serve(services.memcached_server)


@pytest.fixture(scope="session")
def postgres():
    """Return a PostgreSQL server: user and database ``tests``, with PostGIS."""
    yield from _serve(services.postgres_server)


@pytest.fixture(scope="session")
def s3():
    """Return the address of a server that speaks S3."""
    yield from _serve(services.s3_server)


@pytest.fixture(scope="session")
def azure():
    """Return the address of an account on a server that speaks Azure's Blob Storage."""
    yield from _serve(services.azure_server)


def pytest_terminal_summary(terminalreporter):
    """Say how many tests each missing server has cost."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", ())
        if isinstance(report.longrepr, tuple) and services.MISSING in report.longrepr[2]
    )
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{reason}: {count} tests skipped")
