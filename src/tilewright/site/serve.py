"""Prepare the catalogue, then serve it: one Granian worker a core."""

import multiprocessing
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import django
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tilewright.errors import TilewrightError
from tilewright.site.home import Home, name_settings
from tilewright.site.worker import STOP_S

_THREADS_A_WORKER = 3
"""Tiles are work for the processor; a few more threads only hide the waits for a disk."""
_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
}
"""How glibc keeps memory in the workers. Without it each picture's memory is given back to the
system and fetched anew, page by page, which takes longer than to draw it."""
_ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
_STATIC_EXPIRES_S = 60


class ServeError(TilewrightError):
    """The server cannot start."""


def serve(paths: Sequence[Path], host: str, port: int, workers: int) -> None:
    """Serve the images at these paths until the process is told to stop.

    Without a path the whole catalogue is served, and samples are drawn when they are missing.
    Raises ServeError when the port or the site's folder cannot be used or a path is wrong.
    """
    screen = Console(stderr=True)
    _check_paths(paths)
    _check_port(host, port)
    home = Home.current()
    name_settings(home)
    os.environ.setdefault("TILEWRIGHT_ALLOWED_HOSTS", _names_of(host))
    try:
        django.setup()
        # the samples are drawn before the database is opened, and nothing forks: workers start
        # afresh, as the libraries that draw have threads of their own
        call_command("migrate", interactive=False, verbosity=0)
        count = _fill(home, paths, screen)
        hint = "" if _has_admin() else "To upload images: tilewright manage createsuperuser"
        connections.close_all()
    except OSError as error:
        raise ServeError(f"{home.path} cannot be used: {error.strerror}") from error
    shown = f"[{host}]" if ":" in host else host
    images = "1 image" if count == 1 else f"{count:,} images"
    words = f"Tilewright serves {images} at http://{shown}:{port}/ (Ctrl-C stops it)"

    def announce() -> None:
        screen.print("\n".join(filter(None, (words, hint))), highlight=False, markup=False)

    _run(host, port, workers, announce)


def _check_paths(paths: Sequence[Path]) -> None:
    for path in paths:
        if not path.exists():
            raise ServeError(f"there is no file or folder {path}")


def _check_port(host: str, port: int) -> None:
    """Try the port, as the workers would complain one by one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ServeError(f"{host} is not an address of this machine") from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise ServeError(
                f"port {port} of {host} cannot be used ({error.strerror}); name another with --port"
            ) from error


def _names_of(host: str) -> str:
    """Return the Host headers to answer to. Whoever opens all addresses is known by any name."""
    if host in _ANYWHERE:
        return "*"
    return ",".join(dict.fromkeys((host, "127.0.0.1", "localhost", "[::1]")))


def _fill(home: Home, paths: Sequence[Path], screen: Console) -> int:
    """Bring the catalogue up to date; return how many images it lists."""
    from tilewright.engine import Engine  # noqa: PLC0415 - models are ready only now
    from tilewright.site import catalogue, samples  # noqa: PLC0415
    from tilewright.site.models import Image  # noqa: PLC0415

    if not paths:
        if samples.missing(home.samples):
            with _progress(screen) as progress:
                task = progress.add_task("Drawing sample images (only this once)", total=1.0)
                samples.write_samples(
                    home.samples, lambda part: progress.update(task, completed=part)
                )
        catalogue.serve_existing()
        catalogue.add(home.samples / name for name in samples.NAMES)
    else:
        recognized = catalogue.Recognizer(Engine())
        found: list[Path] = []
        with screen.status("Looking for images") as status:
            for place in paths:
                before = len(found)
                for path in catalogue.images_in(place, recognized):
                    found.append(path)
                    status.update(f"Looking for images: {len(found):,} found")
                if len(found) == before:
                    screen.print(f"[yellow]No image that can be read in {place}[/]")
        catalogue.serve_only(found)
    return Image.listed().count()


def _progress(screen: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=screen
    )


def _has_admin() -> bool:
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - models are ready only now

    return get_user_model().objects.filter(is_staff=True, is_active=True).exists()


def _run(host: str, port: int, workers: int, announce: Callable[[], None]) -> None:
    multiprocessing.set_start_method("spawn", force=True)
    routes, folders = _static_mounts()
    for name, value in _MEMORY.items():
        os.environ.setdefault(name, value)
    server = Granian(
        "tilewright.site.worker:build",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=_THREADS_A_WORKER,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_S,
        static_path_route=routes,
        static_path_mount=folders,
        static_path_expires=_STATIC_EXPIRES_S,
    )
    server.on_startup(announce)
    server.serve()


def _static_mounts() -> tuple[list[str], list[Path]]:
    """Return each app's static folders and their addresses: files are sent from where they lie."""
    mounts: dict[str, Path] = {}
    for finder in get_finders():
        for _, storage in finder.list([]):
            for name in storage.listdir("")[0]:
                mounts.setdefault(f"/static/{name}", Path(storage.path(name)))
    return list(mounts), list(mounts.values())
