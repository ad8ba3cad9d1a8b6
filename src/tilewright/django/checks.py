"""System checks: what is wrong with a project's set-up, before a client finds out."""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks

from tilewright.django import conf
from tilewright.engine import Engine
from tilewright.errors import ConfigurationError

TAG = "tilewright"
_NEEDED = {
    "remote_hosts": ("cloud", ("obstore", "urllib3")),
    "tile_matrix_set_folder": ("geo", ("morecantile", "pyproj")),
}
"""Which extra, and which of its libraries, a key of the setting is nothing without."""


@checks.register(TAG)
def check_setting(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django's signature
    **_: Any,
) -> list[checks.CheckMessage]:
    """E001: the setting can be understood."""
    try:
        conf.read_setting()
    except ConfigurationError as error:
        return [
            checks.Error(
                str(error),
                hint="The keys are the fields of tilewright.config.Config and "
                "tilewright.django.conf.WebConfig.",
                id="tilewright.E001",
            )
        ]
    return []


@checks.register(TAG)
def check_plug_ins(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django's signature
    **_: Any,
) -> list[checks.CheckMessage]:
    """E002: there are readers and encoders. W001: each can be loaded."""
    found: list[checks.CheckMessage] = []
    engine = Engine()
    for kind, registry in (("readers", engine.readers), ("encoders", engine.encoders)):
        if not registry.names():
            found.append(
                checks.Error(
                    f"no {kind} are installed",
                    hint="Install the package itself (pip install tilewright); a copy of its "
                    "files on the path has no entry points.",
                    id="tilewright.E002",
                )
            )
        for name in registry.names():
            try:
                registry.get(name)
            except ImportError as error:
                found.append(
                    checks.Warning(
                        f"{name} of the {kind} cannot be loaded: {error}",
                        hint="Install the library that it names, or uninstall the plug-in.",
                        id="tilewright.W001",
                    )
                )
    return found


@checks.register(TAG)
def check_rest_framework(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django's signature
    **_: Any,
) -> list[checks.CheckMessage]:
    """W002: the REST framework is there. W003: it is installed where the mixin is used."""
    if find_spec("rest_framework") is None:
        return [
            checks.Warning(
                "djangorestframework is absent, so tilewright.django.rest cannot be used",
                hint="pip install tilewright[django]",
                id="tilewright.W002",
            )
        ]
    if "tilewright.django.rest" in sys.modules and not apps.is_installed("rest_framework"):
        return [
            checks.Warning(
                "tilewright.django.rest is used, and rest_framework is not in INSTALLED_APPS",
                hint='Add "rest_framework" to INSTALLED_APPS.',
                id="tilewright.W003",
            )
        ]
    return []


@checks.register(TAG)
def check_lut_folder(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django's signature
    **_: Any,
) -> list[checks.CheckMessage]:
    """W004: the folders of lookup tables and of tile matrix sets are there."""
    try:
        config = conf.read_setting()[0]
    except ConfigurationError:
        return []
    folders = {
        "lut_folder": (config.lut_folder, "lookup tables"),
        "tile_matrix_set_folder": (config.tile_matrix_set_folder, "tile matrix sets"),
    }
    return [
        checks.Warning(
            f"{name} is not a folder: {folder}",
            hint=f"Its {content} are missing.",
            id="tilewright.W004",
        )
        for name, (folder, content) in folders.items()
        if folder is not None and not Path(folder).is_dir()
    ]


@checks.register(TAG)
def check_extras(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django's signature
    **_: Any,
) -> list[checks.CheckMessage]:
    """W005: what the setting asks for is installed."""
    try:
        config = conf.read_setting()[0]
    except ConfigurationError:
        return []
    return [
        checks.Warning(
            f"{name} is set, and {library} is absent",
            hint=f"pip install tilewright[{extra}]",
            id="tilewright.W005",
        )
        for name, (extra, libraries) in _NEEDED.items()
        for library in libraries
        if getattr(config, name) and find_spec(library) is None
    ]
