"""Found by itself, as this app is installed with `tilewright.drawn`."""

import numpy as np

from tilewright.drawn.source import drawn_source


@drawn_source("testapp-plain", size=(300, 200))
def plain(window, level):
    return np.full((window.height, window.width), 7, np.uint8)
