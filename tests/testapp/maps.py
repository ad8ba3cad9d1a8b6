"""A project's layers as plain as can be, and addresses for the faces of maps."""

import threading
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from types import ModuleType
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.handlers.wsgi import WSGIHandler
from django.urls import include, path

from tilewright.blobs.local import local_source
from tilewright.django.maps.layers import MapSource
from tilewright.errors import OutsideError


class ListedLayers:
    """Layers in a list; those in ``hidden`` are for people with the header X-Key only."""

    def __init__(self, *sources, hidden=()):
        self._sources = sources
        self._hidden = hidden

    def every(self, request):
        """Return those that the request may see."""
        known = "X-Key" in request.headers
        return [one for one in self._sources if known or one.name not in self._hidden]

    def named(self, request, name):
        """Return one of them."""
        for one in self.every(request):
            if one.name == name:
                return one
        raise OutsideError(f"there is no layer {name[:40]!r}")


def file_layer(file, name="utm", **kwargs):
    """Return the layer of a file."""
    return MapSource(name, kwargs.pop("title", name), local_source(str(file)), **kwargs)


def urlconf(*patterns, prefix="maps/"):
    """Return what ROOT_URLCONF may be."""
    module = ModuleType("maps_of_a_test")
    module.urlpatterns = [path(prefix, include(list(patterns)))]
    return module


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Keep the tests' output clean."""


@contextmanager
def serving():
    """Serve the project on a free port, for clients that are programs; yields the address."""
    with make_server(
        "127.0.0.1", 0, WSGIHandler(), server_class=_Threaded, handler_class=_Quiet
    ) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
