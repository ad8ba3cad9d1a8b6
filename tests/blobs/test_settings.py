"""What a project may say of remote places."""

import pytest

from tilewright.blobs.places import Places
from tilewright.config import Config
from tilewright.errors import ConfigurationError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("remote_hosts", ["example.org"]),
        ("remote_hosts", "example.org"),
        ("remote_hosts", ("",)),
        ("remote_hosts", (1,)),
        ("remote_allow_private", 1),
        ("remote_timeout_s", 0),
        ("remote_timeout_s", -1.0),
        ("remote_timeout_s", True),
        ("remote_timeout_s", float("nan")),
        ("remote_timeout_s", float("inf")),
        ("remote_timeout_s", "5"),
        ("remote_retries", -1),
        ("remote_retries", 1.5),
        ("remote_head_bytes", 0),
        ("remote_block_bytes", 0),
        ("remote_cache_bytes", 0),
        ("remote_whole_bytes", 0),
        ("remote_fresh_s", 0),
        ("chunk_cache_bytes", 1.5),
    ],
)
def test_wrong_values_are_told_by_name(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Config(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [("remote_retries", 0), ("remote_timeout_s", 5), ("remote_allow_private", True)],
)
def test_right_values_are_taken(name: str, value: object) -> None:
    assert getattr(Config(**{name: value}), name) == value  # type: ignore[arg-type]


def test_stores_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="stores"):
        Places(Config(), {"https://user@example.org/": {}})
