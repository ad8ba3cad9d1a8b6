import json
import os

import numpy as np
import pytest
import tifffile

from tests.testapp.models import Scan
from tilewright import engine
from tilewright.measure import measure

ENDS = ("min", "max", "mean", "stdev")
GDAL_NODATA = 42113


@pytest.fixture
def add(db, folder):
    """Put a TIFF into the catalogue; return how to ask for a path below it."""

    def make(client, data, **settings):
        name = f"{Scan.objects.count()}.{'ome.' if settings.get('ome') else ''}tif"
        tifffile.imwrite(folder / name, data, **settings)
        number = Scan.objects.create(name=name, file=name).pk
        return lambda path, **headers: client.get(f"/api/scans/{number}/{path}", headers=headers)

    return make


@pytest.fixture
def counts(client, add):
    """Return 16-bit values in two bands, and how to ask."""
    values = np.random.default_rng(3).integers(100, 4000, (200, 300, 2)).astype(np.uint16)
    values[:50, :, 1] = 9
    ask = add(
        client,
        values,
        photometric="minisblack",
        planarconfig="contig",
        extratags=[(GDAL_NODATA, "s", 0, "9", True)],
    )
    return values, ask


@pytest.fixture
def heights(client, add):
    """Return floats, some of them NaN, and how to ask."""
    values = np.random.default_rng(4).normal(5, 2, (120, 90)).astype(np.float32)
    values[10:20] = np.nan
    values[0, 0] = np.inf
    return values, add(client, values, photometric="minisblack")


@pytest.fixture
def stacked(client, add):
    """Return uint16 planes over t, z and c, and how to ask."""
    values = np.random.default_rng(5).integers(0, 900, (2, 3, 2, 40, 50)).astype(np.uint16)
    names = {"axes": "TZCYX", "Channel": {"Name": ["DAPI", "GFP"]}}
    return values, add(client, values, ome=True, metadata=names)


def problem(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    return json.loads(response.content)


def ends(values):
    wide = values.astype(np.float64)
    return {
        "min": wide.min(),
        "max": wide.max(),
        "mean": pytest.approx(wide.mean()),
        "stdev": pytest.approx(wide.std()),
    }


def told(document):
    return {name: document[name] for name in ENDS}


def test_bands_tell_what_they_are(counts):
    values, ask = counts
    document = ask("info/bands").json()
    assert list(document) == ["1", "2"]
    assert told(document["1"]) == ends(values[..., 0])
    assert told(document["2"]) == ends(values[50:, :, 1])
    assert document["2"]["nodata"] == 9
    assert (document["1"]["scale"], document["1"]["offset"]) == (1, 0)
    assert document["1"]["interpretation"] == "undefined"
    assert "name" not in document["1"]
    assert ask("info/band?band=2").json() == document["2"]
    assert ask("info/band").json() == document["1"]
    assert "3" in problem(ask("info/band?band=3"), 404)["detail"]


def test_a_palette_is_told(client, add):
    table = np.arange(768).reshape(3, 256).astype(np.uint16) * 85
    ask = add(client, np.eye(20, dtype=np.uint8), photometric="palette", colormap=table)
    band = ask("info/band").json()
    assert band["interpretation"] == "palette"
    assert band["colortable"][1] == [*(int(row[1]) >> 8 for row in table), 255]
    assert (band["min"], band["max"]) == (0, 1)


def test_bands_without_a_value_have_no_ends(client, add):
    ask = add(client, np.full((9, 9), np.nan, np.float32))
    assert told(ask("info/bands").json()["1"]) == dict.fromkeys(ENDS)
    assert ask("data/statistics").json()["1"]["count"] == 0
    (found,) = ask("data/histogram?bins=3").json()
    assert (found["hist"], found["min"]) == ([0, 0, 0], None)


def test_frames_are_listed_over_all_axes(stacked):
    _, ask = stacked
    info = ask("info/metadata").json()
    frames = ask("info/frames").json()["frames"]
    assert len(frames) == 6
    assert {tuple(sorted(row["position"].items())) for row in frames} == {
        (("t", t), ("z", z)) for t in range(2) for z in range(3)
    }
    last = info["axes"][-1]["name"]
    assert [row["position"][last] for row in frames[:2]] == [0, 1]
    for number, row in enumerate(frames):
        assert row["frame"] == f"Frame {number}"
        assert row["bands"] == [
            {"index": 1, "frame": number, "name": "DAPI"},
            {"index": 2, "frame": number, "name": "GFP"},
        ]


def test_an_image_of_one_plane_has_one_frame(heights):
    _, ask = heights
    assert ask("info/frames").json() == {
        "frames": [
            {
                "frame": "Frame 0",
                "position": {},
                "bands": [{"index": 1, "frame": 0, "name": "gray"}],
            }
        ]
    }


@pytest.mark.parametrize("bins", [1, 16, 256])
def test_histograms_are_of_the_data(counts, bins):
    values, ask = counts
    first, second = ask(f"data/histogram?bins={bins}").json()
    for found, valid in ((first, values[..., 0]), (second, values[50:, :, 1])):
        hist, edges = np.histogram(valid.reshape(-1), bins)
        assert found["hist"] == hist.tolist()
        assert found["bin_edges"] == pytest.approx(edges.tolist())
        assert found["range"] == [valid.min(), valid.max()]
        assert (found["bins"], found["density"], found["samples"]) == (bins, False, valid.size)
        assert told(found) == ends(valid)
    assert (first["band"], second["band"]) == (1, 2)


def test_histograms_have_a_range_a_density_and_a_region(heights):
    values, ask = heights
    (found,) = ask("data/histogram?bins=8&min=2.5&max=7&density=true").json()
    valid = values[np.isfinite(values)]
    hist, edges = np.histogram(valid.astype(float), 8, (2.5, 7))
    assert found["hist"] == pytest.approx((hist / hist.sum()).tolist())
    assert found["bin_edges"] == pytest.approx(edges.tolist())
    assert (found["density"], found["samples"]) == (True, valid.size)
    (part,) = ask("data/histogram?left=10&right=40&top=30&bottom=100").json()
    assert told(part) == ends(values[30:100, 10:40])
    assert len(part["hist"]) == 256
    assert sum(part["hist"]) == 30 * 70


def test_only_the_ends_when_asked(counts):
    values, ask = counts
    document = ask("data/histogram?onlyMinMax=true").json()
    both = [ends(values[..., 0]), ends(values[50:, :, 1])]
    assert document == {name: [one[name] for one in both] for name in ENDS}
    assert len(ask("data/histogram?onlyMinMax=true&band=2").json()["min"]) == 1


@pytest.mark.parametrize("exact", ["false", "true"])
def test_statistics(heights, exact):
    values, ask = heights
    document = ask(f"data/statistics?percentiles=1,50,99.5&exact={exact}").json()
    valid = values[np.isfinite(values)].astype(float)
    assert list(document) == ["1"]
    found = document["1"]
    assert told(found) == ends(valid)
    assert found["median"] == pytest.approx(np.median(valid))
    assert found["percentiles"] == {
        share: pytest.approx(np.percentile(valid, float(share))) for share in ("1", "50", "99.5")
    }
    assert found["count"] == valid.size
    assert found["valid_percent"] == pytest.approx(100 * valid.size / values.size)
    assert found["exact"] is True
    assert "unique" not in found


def test_statistics_of_a_picture_by_band_and_of_categories(scan, client, pixels):
    path = f"/api/scans/{scan.pk}/data/statistics"
    document = client.get(f"{path}?band=3,1&categorical=true").json()
    assert list(document) == ["3", "1"]
    classes, often = np.unique(pixels[..., 2], return_counts=True)
    assert document["3"]["unique"] == [
        {"value": value, "count": count}
        for value, count in zip(classes.tolist(), often.tolist(), strict=True)
    ]
    assert set(document["1"]["percentiles"]) == {"2", "98"}


def test_planes_are_measured_apart(stacked):
    values, ask = stacked
    for t, z in ((0, 0), (1, 2)):
        where = f"t={t}&z={z}"
        assert told(ask(f"data/statistics?{where}").json()["2"]) == ends(values[t, z, 1])
        assert told(ask(f"data/histogram?{where}&band=1").json()[0]) == ends(values[t, z, 0])
        assert told(ask(f"info/band?{where}&band=2").json()) == ends(values[t, z, 1])
        assert ask(f"data/profile?points=0,5;49,5&samples=50&{where}").json()["bands"] == {
            "1": values[t, z, 0, 5].tolist(),
            "2": values[t, z, 1, 5].tolist(),
        }


def test_a_pixel_along_an_axis(stacked):
    values, ask = stacked
    document = ask("data/pixel?left=7&top=6&t=1&z=1&axis=z").json()
    assert document == {
        "value": values[1, 1, :, 6, 7].tolist(),
        "bands": dict(zip("12", values[1, 1, :, 6, 7].tolist(), strict=True)),
        "axis": "z",
        "planes": values[1, :, :, 6, 7].tolist(),
    }
    problem(ask("data/pixel?left=7&top=6&axis=frame"), 404)


def test_a_pixel_that_was_not_measured_is_null(heights):
    values, ask = heights
    assert ask("data/pixel?left=3&top=12").json() == {"value": [None], "bands": {"1": None}}
    value = float(values[50, 3])
    assert ask("data/pixel?left=3&top=50").json() == {"value": [value], "bands": {"1": value}}


def test_a_grey_pixel_has_its_lightness(client, add):
    ask = add(client, np.arange(100, dtype=np.uint8).reshape(10, 10))
    assert ask("data/pixel?left=3&top=2").json() == {"value": [23], "bands": {"1": 23}, "l": 23}


def test_a_profile_is_measured_under_the_line(heights):
    values, ask = heights
    document = ask("data/profile?points=5.5,8.5;5.5,28.5").json()
    assert document["distances"] == list(range(21))
    assert document["points"] == [[5.5, 8.5 + step] for step in range(21)]
    line = values[8:29, 5]
    expected = [float(value) if np.isfinite(value) else None for value in line]
    assert document["bands"] == {"1": expected}
    assert None in expected
    assert len(ask("data/profile?points=0,0;3,4;50,4&samples=6").json()["distances"]) == 6


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("info/bands?z=x", "z"),
        ("info/band?band=0", "band"),
        ("info/band?band=two", "band"),
        ("data/histogram?band=3", "band"),
        ("data/histogram?band=1,99", "band"),
        ("data/histogram?bins=many", "bins"),
        ("data/histogram?bins=0", "bins"),
        ("data/histogram?min=5&max=4", "max"),
        ("data/histogram?min=5", "max"),
        ("data/histogram?left=5", "top"),
        ("data/histogram?density=x", "density"),
        ("data/statistics?percentiles=101", "percentiles"),
        ("data/statistics?exact=x", "exact"),
        ("data/statistics?band=3", "band"),
        ("data/pixel?left=1&top=1&axis=q", "axis"),
        ("data/profile", "points"),
        ("data/profile?points=1,1", "points"),
        ("data/profile?points=1,1;1,1", "points"),
        ("data/profile?points=" + ";".join(["1,1", "2,2"] * 200), "points"),
        ("data/profile?points=1,1;9,9&samples=1", "samples"),
        ("data/profile?points=1,1;9,9&band=9", "band"),
    ],
)
def test_a_bad_parameter_is_named(counts, path, parameter):
    _, ask = counts
    document = problem(ask(path), 400)
    assert document["parameter"] == parameter
    assert document["allowed"]


@pytest.mark.parametrize(
    "path",
    [
        "info/bands?z=1",
        "info/band?band=3",
        "data/histogram?t=1",
        "data/statistics?left=500&top=0&right=600&bottom=10",
        "data/pixel?left=1&top=1&axis=z",
        "data/profile?points=1,1;9,9&frame=1",
    ],
)
def test_what_lies_outside_is_not_found(counts, path):
    _, ask = counts
    assert problem(ask(path), 404)["detail"]


def test_too_much_is_refused_with_the_limit(counts, settings):
    _, ask = counts
    settings.TILEWRIGHT = {"limits": {"source_pixels": 1000}}
    document = problem(ask("data/statistics?exact=true"), 413)
    assert (document["limit"], document["allowed"]) == ("source_pixels", 1000)


def test_the_tag_follows_what_is_asked(counts):
    _, ask = counts
    paths = [
        "info/bands",
        "info/band",
        "info/frames",
        "data/histogram",
        "data/histogram?bins=5",
        "data/histogram?band=1",
        "data/statistics",
        "data/statistics?exact=true",
        "data/statistics?percentiles=5",
        "data/profile?points=0,0;5,5",
        "data/profile?points=0,0;5,6",
        "data/pixel?left=1&top=1",
    ]
    tags = [ask(path)["ETag"] for path in paths]
    assert len(set(tags)) == len(paths)
    assert ask("data/histogram?_=7&format=json&bins=256")["ETag"] == tags[3]
    assert ask("data/histogram", **{"if-none-match": tags[3]}).status_code == 304


def test_a_measurement_is_made_once_for_a_version_of_the_file(counts, folder, monkeypatch):
    values, ask = counts
    made = []

    def counted(*args, **kwargs):
        made.append(args)
        return measure(*args, **kwargs)

    monkeypatch.setattr(engine, "measure", counted)
    for _ in range(3):
        before = ask("data/statistics").json()
    assert len(made) == 1
    ask("data/statistics?band=1")
    assert len(made) == 2
    tifffile.imwrite(folder / "0.tif", values + 1, photometric="minisblack", planarconfig="contig")
    # Two writes may fall into one tick of the file system's clock.
    os.utime(folder / "0.tif", ns=(1, 1))
    after = ask("data/statistics").json()
    assert len(made) == 3
    assert after["1"]["min"] == before["1"]["min"] + 1
