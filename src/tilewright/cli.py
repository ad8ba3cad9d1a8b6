"""The command ``tilewright``. Each command loads what it needs, when it is called."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from tilewright.cog import Verdict
    from tilewright.engine import Engine
    from tilewright.image import ImageInfo, Plane
    from tilewright.request import Target

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Serve pictures that are not static files: tiles and regions of very large images.",
)

File = Annotated[Path, typer.Argument(help="An image file.", show_default=False)]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="Where to write; the suffix names the format."),
]
Quality = Annotated[int | None, typer.Option(min=1, max=100, help="Of JPEG, WebP and AVIF.")]
Axis = Annotated[
    list[str] | None,
    typer.Option(help="A position on an axis, such as z=3 or t=0; may be repeated."),
]
_PASS_ON = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "allow_interspersed_args": False,
}


@app.command(context_settings=_PASS_ON, add_help_option=False)
def serve(context: typer.Context) -> None:
    """Serve images, with a viewer, at http://127.0.0.1:8000/."""
    _become_site("serve", context.args)


@app.command(context_settings=_PASS_ON, add_help_option=False)
def manage(context: typer.Context) -> None:
    """Run a Django command on the catalogue, such as createsuperuser."""
    _become_site("manage", context.args)


@app.command()
def info(
    file: File,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,  # noqa: FBT002
) -> None:
    """Tell what an image is: its size, levels, bands and place."""
    from tilewright.api import open as open_image

    with _in_sentences(file), open_image(file) as image:
        found = image.info
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
    else:
        _print_table(file, found)


@app.command()
def validate(
    file: File,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,  # noqa: FBT002
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,  # noqa: FBT002
) -> None:
    """Tell whether a file is a Cloud Optimized GeoTIFF: exit code 0 yes, 1 no, 2 unreadable."""
    from tilewright.blobs.local import LocalBlob
    from tilewright.cog.validate import validate as look_at
    from tilewright.web.maps.validation import validation_document

    with _in_sentences(file, code=2), closing(LocalBlob(os.fspath(file))) as blob:
        verdict = look_at(blob)
    if as_json:
        typer.echo(json.dumps(validation_document(verdict, strict=strict), indent=2))
    else:
        _print_verdict(file, verdict, strict=strict)
    raise typer.Exit(0 if verdict.passes(strict=strict) else 1)


@app.command()
def tile(  # noqa: PLR0917 - a command's options
    file: File,
    z: Annotated[int, typer.Argument(min=0, help="Zoom; 0 holds the whole image.")],
    x: Annotated[int, typer.Argument(min=0, help="Column, from the left.")],
    y: Annotated[int, typer.Argument(min=0, help="Row, from the top.")],
    output: Output,
    quality: Quality = None,
    at: Axis = None,
) -> None:
    """Write one tile of the pyramid."""
    from tilewright.request import Tile

    _write(file, Tile(z, x, y), output, quality, at)


@app.command()
def region(  # noqa: PLR0917 - likewise
    file: File,
    output: Output,
    left: Annotated[float, typer.Option(help="In pixels of full resolution.")] = 0,
    top: Annotated[float, typer.Option(help="Likewise.")] = 0,
    width: Annotated[
        float | None, typer.Option(help="Likewise.", show_default="up to the edge")
    ] = None,
    height: Annotated[
        float | None, typer.Option(help="Likewise.", show_default="up to the edge")
    ] = None,
    output_width: Annotated[int | None, typer.Option(min=1, help="Of what is written.")] = None,
    output_height: Annotated[int | None, typer.Option(min=1, help="Likewise.")] = None,
    quality: Quality = None,
    at: Axis = None,
) -> None:
    """Write a rectangle of the image, at any size."""
    from tilewright.api import open as open_image
    from tilewright.errors import OutsideError
    from tilewright.geometry import Box
    from tilewright.request import Region

    with _in_sentences(file):
        with open_image(file) as image:
            size = image.info.size
        width = size.width - left if width is None else width
        height = size.height - top if height is None else height
        try:
            box = Box(left, top, width, height)
        except ValueError as error:
            raise OutsideError(str(error)) from error
    _write(file, Region(box, output_width, output_height), output, quality, at)


@app.command()
def thumbnail(
    file: File,
    output: Output,
    size: Annotated[int, typer.Option(min=1, help="Width and height at most.")] = 256,
    quality: Quality = None,
    at: Axis = None,
) -> None:
    """Write the whole image, made small."""
    from tilewright.request import Fit

    _write(file, Fit(size, size), output, quality, at)


def _become_site(command: str, arguments: list[str]) -> NoReturn:
    """Go on as the site's own process: Django is not loaded for a tile on the command line."""
    sys.stdout.flush()
    program = [sys.executable, "-m", "tilewright.site", command, *arguments]
    os.execv(sys.executable, program)  # noqa: S606 - this very interpreter, no shell


def _write(
    file: Path, target: "Target", output: Path, quality: int | None, at: list[str] | None
) -> None:
    from tilewright.blobs.local import local_source
    from tilewright.engine import Engine
    from tilewright.request import Encoding, RenderRequest

    with _in_sentences(file):
        plane = _plane(at or [])
        engine = Engine()
        encoding = Encoding(_format(engine, output), quality=quality)
        with _patience(f"Reading {file.name}"):
            encoded = engine.render(
                local_source(file), RenderRequest(target, encoding, plane=plane)
            )
        engine.close()
        # whoever looks at the place sees the old file or the whole new one
        beside = output.with_name(f".{output.name}.{os.getpid()}")
        try:
            beside.write_bytes(encoded.data)
            beside.replace(output)
        finally:
            beside.unlink(missing_ok=True)
    typer.echo(f"{output}: {encoded.size.width}×{encoded.size.height}, {len(encoded.data):,} bytes")


def _format(engine: "Engine", output: Path) -> str:
    from tilewright.errors import ParameterError

    suffix = output.suffix.removeprefix(".").lower()
    known: list[str] = []
    for name, encoder in engine.encoders:
        if suffix in encoder.suffixes:
            return name
        known += encoder.suffixes
    raise ParameterError("the suffix of --output", f"one of {', '.join(sorted(known))}", suffix)


def _plane(positions: list[str]) -> "Plane":
    from tilewright.errors import ParameterError
    from tilewright.image import Plane

    indices: dict[str, int] = {}
    for position in positions:
        axis, _, index = position.partition("=")
        if not (axis and index.isascii() and index.isdigit()):
            raise ParameterError("--at", "an axis and a number, such as z=3", position)
        indices[axis] = int(index)
    return Plane.of(indices)


@contextmanager
def _in_sentences(file: Path, code: int = 1) -> Iterator[None]:
    """End with a sentence and an exit code when the file, the request or the disk is wrong."""
    from tilewright.errors import SourceError, TilewrightError

    try:
        yield
    except SourceError as error:
        _refuse(f"{file}: {error}", code)
    except TilewrightError as error:
        _refuse(str(error), code)
    except OSError as error:
        _refuse(f"{error.filename}: {error.strerror}", code)


def _refuse(sentence: str, code: int) -> NoReturn:
    typer.echo(f"tilewright: {sentence}", err=True)
    raise typer.Exit(code)


@contextmanager
def _patience(words: str) -> Iterator[None]:
    """Show that work goes on, once it has taken a second."""
    from rich.console import Console

    status = Console(stderr=True).status(words)
    timer = threading.Timer(1.0, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()


def _print_verdict(file: Path, verdict: "Verdict", *, strict: bool) -> None:
    word = "a" if verdict.passes(strict=strict) else "not a"
    typer.echo(f"{file}: {word} valid Cloud Optimized GeoTIFF")
    for kind, sentences in (("error", verdict.errors), ("warning", verdict.warnings)):
        for sentence in sentences:
            typer.echo(f"  {kind}: {sentence}")


def _print_table(file: Path, info: "ImageInfo") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(file.name), show_header=False, title_justify="left")
    for name, value in _facts(info):
        table.add_row(name, Text(value))
    Console().print(table)


def _facts(info: "ImageInfo") -> Iterator[tuple[str, str]]:
    yield "format", info.format
    yield "size", f"{info.size.width:,} × {info.size.height:,} pixels, {info.dtype}"
    names = (band.name or band.interpretation for band in info.bands)
    yield "bands", f"{len(info.bands)}: {', '.join(names)}"
    for axis in info.axes:
        yield f"axis {axis.name}", f"{axis.size} positions"
    for index, level in enumerate(info.levels):
        chunk = f"{level.chunk.width}×{level.chunk.height}"
        yield (
            f"level {index}",
            f"{level.size.width:,} × {level.size.height:,}, in pieces of {chunk}",
        )
    if info.micrometres_per_pixel is not None:
        across, down = info.micrometres_per_pixel
        yield "a pixel", f"{across:g} × {down:g} µm"
    if info.magnification is not None:
        yield "magnification", f"{info.magnification:g}×"
    if info.geo is not None:
        yield "coordinates", info.geo.crs
    if info.associated:
        yield "further images", ", ".join(info.associated)
