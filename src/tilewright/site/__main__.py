"""``python -m tilewright.site``: the commands that need Django."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tilewright.site.home import Home, name_settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Image files and folders. Without any, the catalogue with its samples and "
            "uploads is served.",
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen at.")] = 8000,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Processes.", show_default="one for each core"),
    ] = None,
) -> None:
    """Serve images, with a viewer, at http://127.0.0.1:8000/ until Ctrl-C.

    The catalogue lies in the folder that TILEWRIGHT_HOME names, else in your data folder.
    """
    try:
        from tilewright.site.serve import ServeError  # noqa: PLC0415 - needs all of the server
        from tilewright.site.serve import serve as run  # noqa: PLC0415
    except ImportError as error:
        _refuse(
            f"the server's parts are missing ({error}): pip install 'tilewright[django,server]'"
        )
    try:
        run(paths or [], host, port, workers or _cores())
    except ServeError as error:
        _refuse(str(error))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def manage(context: typer.Context) -> None:
    """Run a Django command on the catalogue: createsuperuser, changepassword, dbshell."""
    from django.core.management import call_command, execute_from_command_line  # noqa: PLC0415

    name_settings(Home.current())
    if context.args[:1] == ["createsuperuser"]:
        # so that a login can be made before the first start
        import django  # noqa: PLC0415

        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
    execute_from_command_line(["tilewright manage", *context.args])


def _cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _refuse(sentence: str) -> None:
    typer.echo(f"tilewright: {sentence}", err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app(prog_name="tilewright", args=sys.argv[1:])
