"""Where the site keeps its own files."""

import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

VARIABLE = "TILEWRIGHT_HOME"
_KEY_BYTES = 50


@dataclass(frozen=True, slots=True)
class Home:
    """A folder with the catalogue, the uploads, the samples and the secret key."""

    path: Path

    @classmethod
    def current(cls) -> Self:
        """Return the folder that ``TILEWRIGHT_HOME`` names, else the platform's own place."""
        named = os.environ.get(VARIABLE)
        return cls(Path(named).absolute() if named else _platform_folder() / "tilewright")

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "catalogue.sqlite3"

    @property
    def uploads(self) -> Path:
        """What came in through the admin pages."""
        return self.path / "uploads"

    @property
    def samples(self) -> Path:
        """The images that the first run draws."""
        return self.path / "samples"

    @property
    def aside(self) -> Path:
        """Drawn pictures that are put aside for a while."""
        return self.path / "aside"

    def make(self) -> None:
        """Create the folder, for its owner only. Raises OSError."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def secret_key(self) -> str:
        """Return the key that signs logins; drawn once, readable by its owner only.

        Raises OSError.
        """
        self.make()
        file = self.path / "secret-key"
        fresh = self.path / f".secret-key.{os.getpid()}"
        if not file.exists():
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as output:
                output.write(secrets.token_urlsafe(_KEY_BYTES))
            try:
                # unlike a rename, a link never replaces the key that another process has drawn
                os.link(fresh, file)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return file.read_text(encoding="ascii")


def name_settings(home: Home) -> None:
    """Tell this process and its children whose settings count.

    A ``DJANGO_SETTINGS_MODULE`` that is set already belongs to another project.
    """
    os.environ[VARIABLE] = str(home.path)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tilewright.site.settings"


def _platform_folder() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home()))
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
