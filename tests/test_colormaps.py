import matplotlib as mpl
import numpy as np
import pytest

from tilewright.colormaps import Colormaps, canonical, exists
from tilewright.colormaps.catalogue import resolve
from tilewright.colormaps.matplotlib_names import MATPLOTLIB
from tilewright.errors import CorruptSourceError, ParameterError
from tilewright.paint import Class, Classes, Named, Ramp, Solid

PLACES = np.arange(256) / 255
RAW = bytes(range(256)) + bytes(256) + bytes(reversed(range(256)))


@pytest.fixture(scope="module")
def colormaps():
    return Colormaps()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "fire_ice.lut").write_bytes(RAW)
    return tmp_path


@pytest.mark.parametrize("name", sorted(mpl.colormaps))
def test_each_map_of_matplotlib_has_its_very_bytes(colormaps, name):
    theirs = mpl.colormaps[name](PLACES, bytes=True)
    assert np.array_equal(colormaps.table(Named(name)), theirs)
    assert np.array_equal(colormaps.table(Named(f"matplotlib:{name}")), theirs)
    assert colormaps.exists(name)
    plain = name.removesuffix("_r")
    assert np.array_equal(colormaps.table(Named(plain, reverse=plain != name)), theirs)


def test_continuous_maps_are_indexed_by_brightness(colormaps):
    theirs = mpl.colormaps["viridis"](np.arange(256), bytes=True)
    assert np.array_equal(colormaps.table(Named("viridis")), theirs)


def test_all_of_matplotlib_is_listed():
    other_spellings = {"Grays", "grey", "gist_grey", "gist_yerg"}
    theirs = {name for name in mpl.colormaps if not name.endswith("_r")} - other_spellings
    assert theirs <= {*MATPLOTLIB}


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("VIRIDIS", "viridis"),
        ("cmocean:thermal", "thermal"),
        ("cmocean.thermal", "thermal"),
        ("cmo.thermal", "thermal"),
        ("cmocean.sequential.Thermal", "thermal"),
        ("cmc.batlow", "crameri:batlow"),
        ("scientific.sequential.Batlow", "batlow"),
        ("seaborn:rocket", "rocket"),
        ("sns.mako", "mako"),
        ("cet_fire", "colorcet:CET_L3"),
        ("colorcet.fire", "CET_L3"),
        ("cet_L3", "CET_L3"),
        ("kbc", "colorcet:kbc"),
        ("matplotlib.Plasma_6", "plasma_6"),
        ("colorbrewer.sequential.Blues_6", "Blues_6"),
        ("matplotlib.coolwarm", "coolwarm"),
    ],
)
def test_a_map_has_several_names(colormaps, name, same):
    assert colormaps.exists(name)
    assert np.array_equal(colormaps.table(Named(name)), colormaps.table(Named(same)))


@pytest.mark.parametrize(
    ("names", "paint"),
    [
        (["viridis", "VIRIDIS", "matplotlib:viridis", "bids.viridis"], Named("viridis")),
        (["viridis_r", "matplotlib:Viridis_r"], Named("viridis", reverse=True)),
        (["cet_fire", "CET_L3", "colorcet:fire"], Named("CET_L3")),
        (["matplotlib.Plasma_6", "plasma_6"], Named("plasma_6")),
        (["Blues_6_r", "colorbrewer.sequential.Blues_6_r"], Named("colorbrewer:blues_6", True)),
        (["paraview:coolwarm"], Named("paraview:coolwarm")),
        (["virdis", "", "x.lut"], None),
    ],
)
def test_all_names_of_a_map_are_brought_to_one(names, paint):
    for name in names:
        assert canonical(name) == paint
        assert exists(name) == (paint is not None)


def test_the_one_name_means_the_same_map(colormaps):
    for name in ["twilight_shifted_r", "imagej:ice", "tol:PRGn", "Set2_5_r", "gist_yerg_r"]:
        assert np.array_equal(colormaps.table(canonical(name)), colormaps.table(Named(name)))


def test_a_name_in_two_families_needs_the_family_for_the_other(colormaps):
    ours, theirs = Named("coolwarm"), Named("paraview:coolwarm")
    assert not np.array_equal(colormaps.table(ours), colormaps.table(theirs))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "_r",
        "virdis",
        "viridis_1",
        "viridis_999",
        "tab10_11",
        ":viridis",
        ".viridis",
        "a:b:c",
        "paraview:viridis",
        "matplotlib:thermal",
        "../viridis",
        "viridis\0",
        "x" * 100_000,
        "fire_ice.lut",
    ],
)
def test_what_is_no_name_does_not_exist(colormaps, name):
    assert not colormaps.exists(name)


def test_a_wrong_name_gets_a_hint(colormaps):
    with pytest.raises(ParameterError, match=r"the name of a colormap \(viridis") as caught:
        colormaps.table(Named("virdis"))
    assert caught.value.parameter == "colormap"
    with pytest.raises(ParameterError, match=r"the name of a colormap, not"):
        colormaps.colors(Named("q" * 80))


def test_reversed_twice_is_forwards(colormaps):
    once = colormaps.table(Named("magma_r"))
    assert np.array_equal(once, colormaps.table(Named("magma", reverse=True)))
    assert np.array_equal(
        colormaps.table(Named("magma_r", reverse=True)), colormaps.table(Named("magma"))
    )


def test_a_list_of_colours_has_equal_steps(colormaps):
    table = colormaps.table(Named("tab10"))
    colors = colormaps.colors(Named("tab10"))
    assert colors is not None
    assert len(colors) == 10
    assert np.array_equal(colors[0], [31, 119, 180, 255])
    assert np.array_equal(np.unique(table, axis=0), np.unique(colors, axis=0))
    assert colormaps.colors(Named("viridis")) is None


def test_a_number_of_steps_picks_colours_over_the_whole_map(colormaps):
    viridis = colormaps.table(Named("viridis"))
    picked = colormaps.colors(Named("viridis_6"))
    assert np.array_equal(picked, viridis[[0, 51, 102, 153, 204, 255]])
    backwards = colormaps.colors(Named("viridis_6_r"))
    assert np.array_equal(backwards[::-1], picked)
    assert len(np.unique(colormaps.table(Named("viridis_6")), axis=0)) == 6
    # A list is not spread: its first colours are those that it means.
    assert np.array_equal(colormaps.colors(Named("tab10_3")), colormaps.colors(Named("tab10"))[:3])
    assert np.array_equal(
        colormaps.colors(Named("tab10_3_r")), colormaps.colors(Named("tab10"))[2::-1]
    )


@pytest.mark.parametrize(
    ("color", "rows"),
    [
        ("#ffffff", {0: (0, 0, 0, 255), 128: (128, 128, 128, 255), 255: (255, 255, 255, 255)}),
        ("#ff8000", {1: (1, 0, 0, 255), 254: (254, 127, 0, 255), 255: (255, 128, 0, 255)}),
        ("#0000ff80", {0: (0, 0, 0, 128), 100: (0, 0, 100, 128)}),
    ],
)
def test_a_solid_paint_runs_from_black_rounded_down(colormaps, color, rows):
    table = colormaps.table(Solid(color))
    assert {row: tuple(table[row].tolist()) for row in rows} == rows


def test_a_ramp_is_blended_or_stepped(colormaps):
    grey = colormaps.table(Ramp(("#000000", "#ffffff")))
    assert np.array_equal(grey[:, 0], np.arange(256))
    three = ("#ff0000", "#00ff0000", "#0000ff")
    blended = colormaps.table(Ramp(three))
    assert blended[0].tolist() == [255, 0, 0, 255]
    assert blended[255].tolist() == [0, 0, 255, 255]
    assert blended[51].tolist() == [153, 102, 0, 153]
    stepped = colormaps.table(Ramp(three, discrete=True))
    assert [stepped[row].tolist() for row in (0, 84, 85, 169, 170, 255)] == [
        [255, 0, 0, 255],
        [255, 0, 0, 255],
        [0, 255, 0, 0],
        [0, 255, 0, 0],
        [0, 0, 255, 255],
        [0, 0, 255, 255],
    ]


def test_more_colours_than_rows_still_make_a_table(colormaps):
    many = tuple(f"#{value:06x}" for value in range(1000))
    for discrete in (False, True):
        table = colormaps.table(Ramp(many, discrete=discrete))
        assert table.shape == (256, 4)
        assert table[255].tolist() == [0, 3, 231, 255]


def test_classes_show_their_colours_in_equal_steps(colormaps):
    table = colormaps.table(Classes((Class(1, None, "#ff0000"), Class(2, 5, "#00ff0080"))))
    assert table[0].tolist() == [255, 0, 0, 255]
    assert table[255].tolist() == [0, 255, 0, 128]


@pytest.mark.parametrize(
    "paint", [Solid(), Ramp(("#000000", "#123456")), Named("jet"), Named("viridis"), Named("tab10")]
)
def test_a_table_cannot_be_changed(colormaps, paint):
    table = colormaps.table(paint)
    assert (table.shape, table.dtype) == ((256, 4), np.uint8)
    with pytest.raises(ValueError, match="read-only"):
        table[0, 0] = 1


def test_every_listed_name_exists_and_stands_once(colormaps):
    listing = colormaps.listing()
    assert next(iter(listing)) == "matplotlib"
    assert {"cmocean", "colorcet", "crameri", "seaborn"} <= listing.keys()
    names = colormaps.names()
    entries = [resolve(name) for name in names]
    assert None not in entries
    assert len({*entries}) == len(names) > 300
    assert "files" not in listing
    colorcet = listing["colorcet"]
    assert colorcet.index("CET_C2") < colorcet.index("CET_C10")


def test_a_folder_adds_its_files(folder):
    (folder / "not a name.lut").write_bytes(RAW)
    (folder / "notes.txt").write_bytes(RAW)
    (folder / ".hidden.lut").write_bytes(RAW)
    (folder / "inner.lut").mkdir()
    colormaps = Colormaps(str(folder))
    assert colormaps.listing()["files"] == ["fire_ice.lut"]
    assert colormaps.names()[0] == "fire_ice.lut"
    assert colormaps.exists("fire_ice.lut")
    assert colormaps.exists("fire_ice.lut_r")
    assert not colormaps.exists("inner.lut")
    assert not colormaps.exists("notes.txt")
    table = colormaps.table(Named("fire_ice.lut"))
    assert table[10].tolist() == [10, 0, 245, 255]
    assert colormaps.colors(Named("fire_ice.lut")) is None
    for backwards in (Named("fire_ice.lut", reverse=True), Named("fire_ice.lut_r")):
        assert np.array_equal(colormaps.table(backwards), table[::-1])


@pytest.mark.parametrize(
    ("name", "same"),
    [("viridis.lut", "viridis"), ("fire.lut", "imagej:fire"), ("hilo.lut", "imagej:HiLo")],
)
def test_tables_of_omero_that_the_catalogue_has(colormaps, name, same):
    assert colormaps.exists(name)
    assert name in colormaps.lut_names()
    assert name not in colormaps.names()
    assert np.array_equal(colormaps.table(Named(name)), colormaps.table(Named(same)))


def test_all_listed_tables_can_be_drawn(colormaps):
    tables = {name: colormaps.table(Named(name)) for name in colormaps.lut_names()}
    assert {table.shape for table in tables.values()} == {(256, 4)}
    # As matplotlib's is: single values are one less.
    assert np.abs(tables["grays.lut"][:, :3] - np.arange(256.0)[:, np.newaxis]).max() <= 1
    # Black, and the brightest, stand out; between them it is grey.
    assert tables["hilo.lut"][[0, 128, 255], :3].tolist() == [
        [0, 0, 255],
        [128, 128, 128],
        [255, 0, 0],
    ]


@pytest.mark.parametrize("name", ["thermal.lut", "cool.lut", "Fire.lut", "fire.LUT", "jet.lut"])
def test_tables_that_only_share_a_name_or_are_misspelt(colormaps, name):
    assert not colormaps.exists(name)


def test_a_file_goes_before_omeros_table_of_its_name(folder):
    colormaps = Colormaps(str(folder))
    (folder / "fire.lut").write_bytes(RAW)
    assert colormaps.table(Named("fire.lut"))[10].tolist() == [10, 0, 245, 255]
    names = colormaps.lut_names()
    assert (names.count("fire.lut"), "fire_ice.lut" in names) == (1, True)
    (folder / "fire.lut").unlink()
    assert colormaps.table(Named("fire.lut"))[0].tolist() == [0, 0, 0, 255]


def test_a_changed_file_is_read_anew(folder):
    colormaps = Colormaps(str(folder))
    assert colormaps.table(Named("fire_ice.lut")) is colormaps.table(Named("fire_ice.lut"))
    (folder / "fire_ice.lut").write_text("9 8 7\n" * 256)
    assert colormaps.table(Named("fire_ice.lut"))[0].tolist() == [9, 8, 7, 255]
    (folder / "fire_ice.lut").write_bytes(b"nonsense")
    with pytest.raises(CorruptSourceError) as caught:
        colormaps.table(Named("fire_ice.lut"))
    assert str(folder) in caught.value.uri
    assert str(folder) not in str(caught.value)
    (folder / "fire_ice.lut").unlink()
    assert not colormaps.exists("fire_ice.lut")


def test_nothing_outside_the_folder_is_reached(folder):
    inner = folder / "inner"
    inner.mkdir()
    colormaps = Colormaps(str(inner))
    for name in ("../fire_ice.lut", f"{folder}/fire_ice.lut", "..\\fire_ice.lut", "fire_ice.lut\0"):
        assert not colormaps.exists(name)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    colormaps = Colormaps(str(tmp_path / "absent"))
    assert "files" not in colormaps.listing()
    assert not colormaps.exists("fire_ice.lut")
    assert colormaps.exists("viridis")
