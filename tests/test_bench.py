"""Every benchmark runs, on little; what it measures is not judged here."""

import shutil
from dataclasses import replace
from functools import partial

import imagecodecs
import pytest

from bench import __main__ as command
from bench import (
    data,
    drawn,
    gateway_data,
    geo,
    geo_data,
    geo_http,
    http,
    in_process,
    large_image,
    memory,
    opening,
    webgateway,
)
from bench.clock import race
from bench.report import Figure, Target
from bench.scale import TINY
from tilewright.config import Config
from tilewright.request import Encoding


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bench")


@pytest.mark.parametrize(
    ("group", "targets"),
    [
        pytest.param(in_process, 3, id="in process"),
        pytest.param(opening, 4, id="opening"),
        pytest.param(memory, 3, id="memory"),
    ],
)
def test_every_group_gives_figures_and_names_its_targets(group, targets, folder):
    figures = list(group.run(TINY, folder))
    assert all(figure.ours > 0 for figure in figures)
    assert all(figure.theirs is None or figure.theirs > 0 for figure in figures)
    assert sum(figure.target is not None for figure in figures) == targets


def test_tiles_of_stained_cells_are_compared_with_a_rendering_by_hand(folder):
    file = gateway_data.stained(folder, 1_024)
    ours = webgateway.asked(file, partial(gateway_data.query, channels=3), Config())
    other = gateway_data.Straightforward(file)
    try:
        webgateway.agree(ours((1, 0)), other.jpeg((1, 0), 3), "the same tile")
        with pytest.raises(AssertionError, match="apart"):
            webgateway.agree(ours((1, 0)), other.jpeg((0, 1), 3), "another tile")
    finally:
        other.close()


@pytest.mark.slow
def test_tiles_of_the_earth_give_figures_and_name_their_targets(folder):
    figures = list(geo.run(TINY, folder))
    assert all(figure.theirs is None or figure.theirs > 0 for figure in figures)
    assert sum(figure.target is not None for figure in figures) == 13


@pytest.mark.parametrize("zoom", [geo_data.FULL_ZOOM, geo_data.FULL_ZOOM - 2])
def test_tiles_are_full_partly_clear_and_empty_where_they_are_said_to_be(zoom, folder):
    tiles = geo.OnEarth.on(geo_data.sheet(folder, TINY.mosaic_side), zoom)
    drawn = replace(tiles, encoding=Encoding("png"))

    def covers(place):
        pixels = imagecodecs.png_decode(drawn(place).data)
        return pixels[..., 3].mean() / 255 if pixels.shape[-1] == 4 else 1.0

    assert {covers(place) for place in geo_data.inner_tiles(tiles.info, zoom, 4)} == {1.0}
    assert all(0 < covers(place) < 1 for place in geo_data.edge_tiles(tiles.info, zoom, 4))
    assert {covers(place) for place in geo_data.outer_tiles(tiles.info, zoom, 4)} == {0.0}


def test_the_server_answers_tiles_and_the_constant(folder):
    tiles = http.Tiles(TINY, folder)
    with tiles.serve() as server:
        tile = server.get(f"/scans/1/{tiles.first}")
        constant = server.get(f"/constant/1/{tiles.first}")
        assert tile[:2] == constant[:2] == b"\xff\xd8"
        assert all(memory.peak_megabytes(worker) > 0 for worker in server.workers())


@pytest.mark.parametrize(
    "group",
    [
        http,
        pytest.param(large_image, marks=pytest.mark.slow, id="large_image"),
        pytest.param(geo_http, marks=pytest.mark.slow, id="geo_http"),
        pytest.param(webgateway, marks=pytest.mark.slow, id="webgateway"),
        pytest.param(drawn, marks=pytest.mark.slow, id="drawn"),
    ],
)
def test_servers_are_loaded_or_the_missing_program_is_named(group, folder, capsys):
    name = group.__name__.removeprefix("bench.")
    command.main([name, "--tiny", "--folder", str(folder)])
    told = capsys.readouterr().out
    assert ("over HTTP, 2 workers" if shutil.which("wrk") else "apt-get install wrk") in told


def test_without_wrk_the_run_fails_and_tells_how_to_install_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command.main(["http", "--tiny", "--folder", str(tmp_path)]) == 1
    assert "apt-get install wrk" in capsys.readouterr().out


def test_a_group_that_does_not_exist_is_refused(capsys):
    with pytest.raises(SystemExit):
        command.main(["htpp"])
    assert "no group 'htpp'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "ours", "theirs", "met"),
    [
        (Target("ours", "≤", 0.05), 0.05, None, True),
        (Target("ours", "≤", 0.05), 0.06, None, False),
        (Target("ratio", "≤", 1.25), 5.0, 4.0, True),
        (Target("ratio", "≤", 1.25), 5.1, 4.0, False),
        (Target("ratio", "≥", 10), 100.0, 9.0, True),
        (Target("ratio", "≥", 10), 100.0, 11.0, False),
        (None, 1.0, 2.0, None),
    ],
)
def test_a_figure_knows_whether_its_target_is_met(target, ours, theirs, met):
    figure = Figure("a", ours, "ms", "b", theirs, target)
    assert figure.met is met
    assert figure.cells()[-1] == {True: "yes", False: "NO", None: ""}[met]


def test_a_ratio_without_a_peer_is_refused():
    with pytest.raises(ValueError, match="needs a peer"):
        _ = Figure("a", 1.0, "ms", target=Target("ratio", "≤", 1)).met


def test_rivals_run_every_case_and_take_turns_to_begin():
    calls = []
    rivals = {name: lambda case, name=name: calls.append((case, name)) for name in "ab"}
    assert set(race(rivals, [1, 2], warm=0)) == {"a", "b"}
    assert calls == [(1, "a"), (1, "b"), (2, "b"), (2, "a")]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_, **settings):
        raise OSError("no space left")

    monkeypatch.setattr(data.rasterio.shutil, "copy", fail)
    with pytest.raises(OSError, match="no space left"):
        data.mosaic(tmp_path, 512)
    assert list(tmp_path.iterdir()) == []


def test_files_and_places_are_the_same_in_every_run(tmp_path):
    first, second = (data.mosaic(tmp_path / name, 512).read_bytes() for name in "ab")
    assert first == second
    assert data.inner_tiles(TINY.mosaic_side, 8) == data.inner_tiles(TINY.mosaic_side, 8)
    assert len({*data.inner_tiles(TINY.mosaic_side, 8)}) == 8
