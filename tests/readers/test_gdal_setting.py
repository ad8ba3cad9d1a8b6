"""The setting `gdal_drivers`, in Django and in Python."""

import pytest
from django.test import override_settings

from tilewright.config import SELF_CONTAINED, Config
from tilewright.django.conf import read_setting
from tilewright.errors import ConfigurationError

NAME_OTHER_FILES = {
    "VRT", "GTI", "MRF", "WMS", "WMTS", "WCS", "HTTP", "STACIT", "STACTA", "PDF", "PLMOSAIC",
    "EEDA", "EEDAI", "DERIVED", "Zarr", "ERS", "PCIDSK", "PDS", "PDS4", "ISIS3", "DIMAP", "MAP",
    "KMLSUPEROVERLAY", "SENTINEL2", "TIL", "RPFTOC", "ECRGTOC",
}  # fmt: skip


def test_drivers_whose_files_name_others_are_off():
    assert Config().gdal_drivers == SELF_CONTAINED
    assert not NAME_OTHER_FILES & {*SELF_CONTAINED}
    assert len(SELF_CONTAINED) == len({*SELF_CONTAINED})


@pytest.mark.parametrize("given", [["VRT", "GTiff"], ("VRT", "GTiff")])
def test_a_list_or_tuple_of_names_is_taken(given):
    with override_settings(TILEWRIGHT={"gdal_drivers": given}):
        assert read_setting()[0].gdal_drivers == ("VRT", "GTiff")


def test_no_driver_at_all():
    with override_settings(TILEWRIGHT={"gdal_drivers": []}):
        assert read_setting()[0].gdal_drivers == ()


@pytest.mark.parametrize("given", ["GTiff", None, 5, {"GTiff": 1}, [5], ["GTiff", None], {"GTiff"}])
def test_anything_else_is_refused_by_name(given):
    with (
        override_settings(TILEWRIGHT={"gdal_drivers": given}),
        pytest.raises(ConfigurationError, match=r"TILEWRIGHT\['gdal_drivers'\] must be a list"),
    ):
        read_setting()


@pytest.mark.parametrize("given", [[""], ("GTiff", "")])
def test_an_empty_name_is_refused(given):
    with (
        override_settings(TILEWRIGHT={"gdal_drivers": given}),
        pytest.raises(ConfigurationError, match="TILEWRIGHT: gdal_drivers must be"),
    ):
        read_setting()


def test_python_is_told_as_well():
    with pytest.raises(ConfigurationError, match="gdal_drivers"):
        Config(gdal_drivers="GTiff")  # type: ignore[arg-type]
