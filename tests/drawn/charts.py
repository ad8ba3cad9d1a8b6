"""Drawn pictures for the tests; each counts how often it is drawn."""

import ctypes
import os
import subprocess
import threading
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from PIL import Image, ImageDraw

from tilewright.drawn.parameters import (
    Boolean,
    Choice,
    Color,
    Date,
    Integer,
    Number,
    Numbers,
    Text,
)
from tilewright.drawn.views import AsyncDrawnImageView, DrawnImageView
from tilewright.errors import ParameterError

drawn = Counter()
"""How often each class was drawn."""
release = threading.Event()
"""Lets drawings that wait go on."""


class Ellipse(DrawnImageView):
    parameters = (
        Integer("width", default=1024, low=1, high=8192, help="In pixels."),
        Integer("height", default=768, low=1, high=8192, help="In pixels."),
        Color("fill", default="#ff000080", help="Of the inside."),
    )
    cache_control = "public, max-age=600"

    def draw(self, width, height, fill):
        drawn[type(self).__name__] += 1
        image = Image.new("RGBA", (width, height))
        ImageDraw.Draw(image).ellipse((0, 0, width - 1, height - 1), fill)
        return image


class Badge(DrawnImageView):
    """A view with a required parameter, a finer picture, and a short address."""

    parameters = (
        Text("label", max_length=20),
        Integer("width", default=40, low=1, high=200),
        Integer("height", default=20, low=1, high=200),
    )
    formats = ("webp", "png", "jpeg")
    max_dpr = 3
    strict = True

    def draw(self, label, width, height, dpr):
        drawn["Badge"] += 1
        return np.full((round(height * dpr), round(width * dpr), 3), len(label), np.uint8)


class Everything(DrawnImageView):
    parameters = (
        Integer("count", default=3, low=1, high=50),
        Number("scale", default=1.0, low=0.1, high=10),
        Text("title", default=""),
        Choice("kind", ("line", "bar"), default="line"),
        Boolean("grid", default=False),
        Color("ink", default="black"),
        Numbers("values", default=(1, 2, 3), most=20),
        Date("day", default=date(2024, 2, 29)),
    )

    def draw(self, **parameters):
        assert isinstance(parameters["count"], int)
        assert isinstance(parameters["values"], tuple)
        return np.zeros((parameters["count"], 2), np.uint8)


class Versioned(Ellipse):
    current = "1"
    changed = datetime(2024, 5, 1, 12, tzinfo=UTC)

    def version(self, **parameters):
        return type(self).current

    def last_modified(self, **parameters):
        return type(self).changed


class Store(DrawnImageView):
    """A view whose path has a value, and whose data come with the request."""

    parameters = (Integer("width", default=10, low=1, high=100),)

    def prepare(self, store, width):
        if store == 13:
            raise PermissionDenied
        if store > 100:
            raise ParameterError("store", "at most 100", store)
        return {"sold": store * 2}

    def draw(self, store, width, sold):
        drawn["Store"] += 1
        return np.full((1, width), sold, np.uint8)


class DatedStore(Store):
    def last_modified(self, **_):
        return datetime(2024, 5, 1, 12, tzinfo=UTC)


class Chart(DrawnImageView):
    parameters = (Text("title", default="hello"),)
    formats = ("svg",)

    def draw(self, title):
        drawn["Chart"] += 1
        return '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"></svg>'


class Private(LoginRequiredMixin, DrawnImageView):
    cache_control = "public, max-age=600"
    raise_exception = True

    def draw(self):
        drawn["Private"] += 1
        return np.full((1, 1), int(self.request.user.pk), np.uint8)


class Careless(DrawnImageView):
    """Draws who is logged in, and has not said so."""

    def draw(self):
        return np.full((1, 1), int(self.request.user.pk or 0), np.uint8)


class Broken(DrawnImageView):
    parameters = (Choice("how", ("raise", "none", "text", "exit", "array", "memory", "prepare")),)

    def prepare(self, how):
        if how == "prepare":
            raise KeyError("the secret of the database")
        return {}

    def draw(self, how):
        drawn["Broken"] += 1
        match how:
            case "raise":
                raise ValueError("the secret of /etc/passwd")
            case "none":
                return None
            case "text":
                return "no SVG"
            case "exit":
                raise SystemExit(3)
            case "array":
                return np.zeros((4, 4, 7))
            case _:
                raise MemoryError


class BrokenWithPicture(Broken):
    error_picture = True


class Slow(DrawnImageView):
    parameters = (Integer("n", default=0),)
    time_limit_s = 0.2

    def draw(self, n):
        drawn["Slow"] += 1
        release.wait(60)
        return np.zeros((1, 1), np.uint8)


class Together(Slow):
    time_limit_s = 60.0

    def draw(self, n):
        drawn["Together"] += 1
        release.wait(60)
        return np.zeros((1, 1), np.uint8)


class Isolated(DrawnImageView):
    parameters = (Choice("how", ("well", "endless", "hungry", "crash", "raise", "limit")),)
    isolated = True
    time_limit_s = 60.0
    memory_limit_bytes = 1 << 29

    def draw(self, how):
        match how:
            case "endless":
                while True:
                    pass
            case "hungry":
                return np.ones((10 << 30,), np.uint8)
            case "crash":
                ctypes.string_at(0)
            case "raise":
                raise ValueError("the secret of another process")
            case "limit":
                raise ParameterError("how", "something else", how)
        return np.zeros((5, 4), np.uint8)


class Forking(DrawnImageView):
    """What an isolated drawing may do to its process."""

    parameters = (
        Choice("how", ("child", "twice", "print", "quit")),
        Text("file", default=""),
        Integer("shade", default=0),
    )
    isolated = True
    time_limit_s = 60.0

    def draw(self, how, file, shade):
        match how:
            case "child":
                child = subprocess.Popen(["sleep", "300"])
                Path(file).write_text(str(child.pid))
                child.wait()
            case "twice":
                if os.fork():
                    time.sleep(0.3)  # the child answers first
            case "print":
                print("to standard output", flush=True)  # noqa: T201
            case "quit":
                os._exit(0)
        return np.full((1, 1), shade, np.uint8)


class Signed(Ellipse):
    signed = True


class SignedStore(Store):
    signed = "stores"


class AsyncEllipse(AsyncDrawnImageView):
    parameters = Ellipse.parameters

    def prepare(self, **parameters):
        return {"thread": threading.current_thread().name}

    def draw(self, width, height, fill, thread):
        drawn["AsyncEllipse"] += 1
        assert thread != threading.current_thread().name
        return Image.new("RGB", (width, height), fill)


class AsyncPrivate(LoginRequiredMixin, AsyncDrawnImageView):
    raise_exception = True

    def draw(self):
        return np.zeros((1, 1), np.uint8)


class AsyncSlow(AsyncDrawnImageView):
    time_limit_s = 60.0

    def draw(self):
        drawn["AsyncSlow"] += 1
        if not release.wait(30):
            raise TimeoutError
        return np.zeros((1, 1), np.uint8)


class AsyncBroken(AsyncDrawnImageView):
    def draw(self):
        raise ValueError("secret")
