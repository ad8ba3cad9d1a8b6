"""Plug-ins: registered in code, or found as entry points of an installed package."""

import sys

import pytest

from tilewright.engine import Engine
from tilewright.registry import Registry


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """A package installed beside: a module and its entry point."""
    (tmp_path / "plugin_reader.py").write_text("THING = 'loaded'\n")
    info = tmp_path / "plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tilewright.things]\nmine = plugin_reader:THING\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("plugin_reader", None)


@pytest.mark.usefixtures("plugin")
def test_an_entry_point_is_imported_when_it_is_first_used():
    registry = Registry("tilewright.things")
    assert registry.names() == ("mine",)
    assert "plugin_reader" not in sys.modules
    assert registry.get("mine") == "loaded"
    assert registry.get("other") is None


@pytest.mark.usefixtures("plugin")
def test_what_is_registered_goes_before_an_entry_point():
    registry = Registry("tilewright.things")
    registry.register("mine", "registered")
    registry.register("another", "too")
    assert list(registry) == [("another", "too"), ("mine", "registered")]


def test_the_built_in_readers_and_encoders_are_entry_points():
    engine = Engine()
    assert {"tiff", "picture"} <= {*engine.readers.names()}
    assert {"jpeg", "png", "webp", "avif", "tiff", "npy"} <= {*engine.encoders.names()}
