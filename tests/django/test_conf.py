import sys
import threading

import pytest
from django.core.management import call_command

from tilewright.config import Config, Limits
from tilewright.django import checks, conf
from tilewright.django.conf import WebConfig
from tilewright.errors import ConfigurationError


def test_without_a_setting_all_has_its_default(settings):
    if hasattr(settings, "TILEWRIGHT"):
        del settings.TILEWRIGHT
    assert conf.read_setting() == (Config(), WebConfig())


def test_a_setting_becomes_frozen_values(settings):
    settings.TILEWRIGHT = {
        "limits": {"output_side": 512},
        "open_readers": 3,
        "cache_max_age_s": 0,
        "cache_public": True,
    }
    assert conf.read_setting() == (
        Config(limits=Limits(output_side=512), open_readers=3),
        WebConfig(cache_max_age_s=0, cache_public=True),
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "TILEWRIGHT must be a dict"),
        (None, "TILEWRIGHT must be a dict"),
        ({"open_reader": 3}, "no key 'open_reader'; did you mean 'open_readers'"),
        ({5: 3}, "TILEWRIGHT has no key 5"),
        ({"open_readers": "3"}, r"TILEWRIGHT\['open_readers'\] must be of type int, not '3'"),
        ({"open_readers": 3.0}, r"TILEWRIGHT\['open_readers'\] must be of type int"),
        ({"open_readers": True}, r"TILEWRIGHT\['open_readers'\] must be of type int"),
        ({"open_readers": None}, r"TILEWRIGHT\['open_readers'\] must be of type int"),
        ({"open_readers": 0}, "TILEWRIGHT: open_readers must be a whole number above 0"),
        ({"limits": 5}, r"TILEWRIGHT\['limits'\] must be a dict"),
        ({"limits": {"output_sides": 5}}, r"TILEWRIGHT\['limits'\] has no key 'output_sides'"),
        ({"limits": {"output_side": "5"}}, r"TILEWRIGHT\['limits'\]\['output_side'\] must be"),
        ({"limits": {"output_side": -5}}, r"TILEWRIGHT\['limits'\]: output_side must be"),
        ({"cache_max_age_s": -1}, "TILEWRIGHT: cache_max_age_s must be 0 or more"),
        ({"cache_public": 1}, r"TILEWRIGHT\['cache_public'\] must be of type bool"),
    ],
)
def test_a_wrong_setting_is_named_and_checked(settings, value, message):
    settings.TILEWRIGHT = value
    with pytest.raises(ConfigurationError, match=message):
        conf.read_setting()
    (found,) = checks.check_setting(None)
    assert found.id == "tilewright.E001"
    assert found.hint


def test_there_is_one_engine_until_the_setting_changes(settings):
    settings.TILEWRIGHT = {"open_readers": 5}
    edges = []
    threads = [threading.Thread(target=lambda: edges.append(conf.edge())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(edge) for edge in edges}) == 1
    assert edges[0].engine.config.open_readers == 5
    settings.TILEWRIGHT = {"open_readers": 6}
    assert conf.edge().engine.config.open_readers == 6
    settings.DEBUG = True
    assert conf.edge().engine.config.open_readers == 6


def test_formats_of_the_web_are_offered_first():
    edge = conf.edge()
    assert list(edge.media_types)[:2] == ["image/jpeg", "image/png"]
    assert edge.media_types["image/jpeg"] == "jpg"
    assert edge.suffixes["jpeg"] == edge.suffixes["jpg"] == "jpeg"
    assert edge.suffixes["gif"] == "gif"
    assert "image/gif" not in edge.media_types


def test_a_sound_project_passes_all_checks(settings):
    settings.TILEWRIGHT = {"webgateway": {"images": "tests.testapp.gateway.find"}}
    call_command("check", "--fail-level", "WARNING", "--tag", checks.TAG)


class _Broken:
    """Stands for the entry points of a plug-in whose library is absent."""

    def names(self):
        return ("broken",)

    def get(self, name):
        raise ImportError(f"No module named '{name}'")


class _Nothing:
    def names(self):
        return ()


@pytest.mark.parametrize(
    ("registry", "id"), [(_Broken(), "tilewright.W001"), (_Nothing(), "tilewright.E002")]
)
def test_plug_ins_that_cannot_work_are_found(monkeypatch, registry, id):
    class Engine:
        readers = encoders = registry

    monkeypatch.setattr(checks, "Engine", Engine)
    found = checks.check_plug_ins(None)
    assert [message.id for message in found] == [id, id]
    assert all(message.hint for message in found)


def test_the_mixin_without_its_framework_installed(settings):
    assert checks.check_rest_framework(None) == []
    from tilewright.django import rest  # noqa: F401, PLC0415 - the check looks at what is imported

    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "rest_framework"]
    (found,) = checks.check_rest_framework(None)
    assert found.id == "tilewright.W003"


@pytest.mark.parametrize(
    ("setting", "library", "extra"),
    [
        ({"remote_hosts": ["images.example.org"]}, "obstore", "[cloud]"),
        ({"remote_hosts": ["images.example.org"]}, "urllib3", "[cloud]"),
        ({"tile_matrix_set_folder": "."}, "morecantile", "[geo]"),
    ],
)
def test_a_setting_without_what_it_needs_is_found(settings, monkeypatch, setting, library, extra):
    settings.TILEWRIGHT = setting
    assert checks.check_extras(None) == []
    monkeypatch.setitem(sys.modules, library, None)
    (found,) = checks.check_extras(None)
    assert found.id == "tilewright.W005"
    assert library in found.msg
    assert extra in found.hint
    settings.TILEWRIGHT = {}
    assert checks.check_extras(None) == []


def test_an_encoder_without_its_library_is_left_out(caplog):
    engine = conf.Engine()
    names = {encoder.name for encoder in conf.loadable_encoders(engine)}
    engine.encoders = _Mixed(engine.encoders)
    assert {encoder.name for encoder in conf.loadable_encoders(engine)} == names - {"avif"}
    assert "avif" in caplog.text


class _Mixed:
    def __init__(self, whole):
        self._whole = whole

    def names(self):
        return self._whole.names()

    def get(self, name):
        if name == "avif":
            raise ImportError("no AVIF here")
        return self._whole.get(name)
