"""Real servers for the tests: each on a free port, in a folder of its own, gone afterwards."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.server import held_port
from tests.patience import LONG_S

MISSING = "missing service:"
"""How the reason begins for which a test is skipped; the summary counts these."""
_PACKAGES = Path(__file__).parents[1] / "var/test-tools/node_modules"
"""Those of npm's that scripts/install-test-tools fetches."""
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""Those that Microsoft publishes for its emulator: no secret."""


class ServiceMissingError(Exception):
    """The machine lacks a server that a test needs."""


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    port: int
    process: subprocess.Popen

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"


@contextmanager
def redis_server():
    """Run Redis, which keeps nothing on disk."""
    program = _program("redis-server")
    options = ["--bind", "127.0.0.1", "--save", "", "--loglevel", "warning"]
    with (
        held_port() as port,
        _running([program, "--port", str(port), *options], port) as process,
    ):
        yield Server(port, process)


@contextmanager
def memcached_server():
    """Run memcached with 64 MiB."""
    program = _program("memcached")
    options = ["-l", "127.0.0.1", "-U", "0", "-m", "64", *_as_user("-u", "nobody")]
    with held_port() as port, _running([program, "-p", str(port), *options], port) as process:
        yield Server(port, process)


@contextmanager
def postgres_server():
    """Run PostgreSQL with the database ``tests`` of the user ``tests``, and PostGIS in it."""
    programs = _postgres_programs()
    with _folder(owner="postgres") as folder, held_port() as port:
        # PostgreSQL refuses root.
        user = "postgres" if os.geteuid() == 0 else None
        where = ["-D", str(folder / "data")]
        initdb = [f"{programs}/initdb", *where, "-U", "tests", "--auth=trust", "--no-sync"]
        _call([*initdb, "--encoding=UTF8", "--locale=C.UTF-8"], folder, user)
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": "50",
            "logging_collector": "off",
        }
        options = [text for name in settings for text in ("-c", f"{name}={settings[name]}")]
        command = [f"{programs}/postgres", *where, "-p", str(port), *options]
        with _running(command, port, folder, user) as process:
            to_server = ["-h", "127.0.0.1", "-p", str(port), "-U", "tests"]
            # Its port is open a little before it lets anybody in.
            _call(
                ["sh", "-c", f"until pg_isready {' '.join(to_server)}; do sleep 0.05; done"], folder
            )
            _call(["createdb", *to_server, "tests"], folder)
            extensions = "CREATE EXTENSION postgis; CREATE EXTENSION postgis_raster"
            _call(["psql", *to_server, "-q", "-c", extensions, "tests"], folder)
            yield Server(port, process)


@contextmanager
def s3_server():
    """Speak S3 in a thread; any credentials do."""
    try:
        from moto.server import ThreadedMotoServer  # noqa: PLC0415 - it is large
    except ImportError as error:
        raise ServiceMissingError("moto[server]") from error
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def azure_server():
    """Speak Azure's Blob Storage, as `AZURE_ACCOUNT` with `AZURE_KEY`; it keeps nothing on disk."""
    azurite = _packaged("azurite", ".bin/azurite-blob")
    node = _program("node")
    # The client's library may be newer than the server.
    how = ["--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    with held_port() as port:
        where = ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
        with _running([node, str(azurite), *where, *how], port):
            yield f"http://127.0.0.1:{port}/{AZURE_ACCOUNT}"


@contextmanager
def openseadragon():
    """Yield the folder of OpenSeadragon's script, which a server may give out."""
    built = "openseadragon/build/openseadragon"
    yield _packaged("openseadragon", f"{built}/openseadragon.min.js").parent


def _packaged(name, path):
    if not (_PACKAGES / path).exists():
        raise ServiceMissingError(name)
    return _PACKAGES / path


def _program(name):
    found = shutil.which(name)
    if found is None:
        raise ServiceMissingError(name)
    return found


def _postgres_programs():
    control = "/usr/share/postgresql/{}/extension/postgis_raster.control"
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists() and Path(control.format(folder.parent.name)).exists():
            _program("psql")
            return folder
    raise ServiceMissingError("PostgreSQL with PostGIS")


def _as_user(*option):
    """Return the option that has a server give up root's rights."""
    return option if os.geteuid() == 0 else ()


@contextmanager
def _folder(owner):
    # Not one of pytest's: those nobody but root may enter.
    folder = Path(tempfile.mkdtemp(prefix="tilewright-tests-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, owner)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(command, port, folder=None, user=None):
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            cwd=folder or tempfile.gettempdir(),
            stdout=errors,
            stderr=errors,
            user=user,
            group=user,
        )
        try:
            _wait(lambda: _listens(port), process, errors)
            yield process
        finally:
            # To PostgreSQL it means: do not wait for clients to leave.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(LONG_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(ready, process, errors):
    deadline = time.monotonic() + LONG_S
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            errors.seek(0)
            raise RuntimeError(f"{process.args[0]} does not run: {errors.read().decode()}")
        time.sleep(0.02)


def _listens(port):
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def _call(command, folder, user=None):
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        cwd=folder,
        text=True,
        timeout=LONG_S,
        user=user,
        group=user,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr}")
