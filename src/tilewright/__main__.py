"""``python -m tilewright``."""

from tilewright.cli import app

app(prog_name="tilewright")
