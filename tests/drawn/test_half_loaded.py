"""What is drawn while another thread loads a library for the first time."""

import sys
from types import ModuleType

import numpy as np
import pytest
from django.views.generic import View

from tilewright.drawn import who
from tilewright.drawn.figures import is_figure
from tilewright.drawn.outputs import as_picture


@pytest.mark.parametrize("module", ["matplotlib.figure", "PIL.Image"])
def test_a_library_that_is_just_being_loaded_has_drawn_nothing(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, ModuleType(module))
    drawn = np.zeros((2, 3, 4), np.uint8)
    assert not is_figure(drawn)
    assert as_picture(drawn, 100).data.shape == (2, 3, 4)


def test_no_view_has_a_mixin_that_is_just_being_loaded(monkeypatch):
    name = "django.contrib.auth.mixins"
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    assert not who.behind_login(View())
