"""What `import tilewright` offers, and what it costs."""

import importlib
import subprocess
import sys

import pytest

import tilewright
from tilewright import drawn

CODECS = {"numpy", "cv2", "imagecodecs", "tifffile", "PIL", "isal", "rasterio", "django"}


@pytest.mark.parametrize("package", [tilewright, drawn], ids=["tilewright", "drawn"])
def test_every_name_is_there(package):
    for name in package.__all__:
        assert getattr(package, name).__name__ == name
    assert {*package.__all__} == {name for names in package._HOMES.values() for name in names}
    assert not hasattr(package, "no_such_name")
    assert {*package.__all__} <= {*dir(package)}


def test_importing_loads_no_codec_and_no_entry_point():
    code = f"import sys, tilewright; print(sorted({CODECS!r} & set(sys.modules)), 'importlib.metadata' in sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[] False"


def test_errors_form_the_tree_that_their_page_draws():
    errors = importlib.import_module("tilewright.errors")
    drawn = {
        line.replace("│", " ").replace("├──", "").replace("└──", "").split()[0]
        for line in errors.__doc__.splitlines()
        if "Error" in line and not line.startswith(("Messages", "attribute"))
    }
    defined = {name for name in vars(errors) if name.endswith("Error")}
    assert drawn == defined
