import pytest

from tests.drawn import charts
from tilewright.drawn import isolation
from tilewright.drawn.running import drawings


@pytest.fixture
def _known_users(transactional_db, settings):
    """Let the project know who asks."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]


@pytest.fixture
def drawn():
    """Return how often each view of `charts` was drawn, counted anew; let none wait after."""
    charts.drawn.clear()
    charts.release.clear()
    yield charts.drawn
    charts.release.set()


@pytest.fixture
def joined(monkeypatch):
    """Return a list with one entry for each ask that waits for a drawing, or draws itself."""
    keys = []

    def noting(join):
        def noted(key):
            found = join(key)
            keys.append(key)
            return found

        return noted

    for place, name in ((drawings(), "_joined"), (drawings()._flight, "_join")):
        monkeypatch.setattr(place, name, noting(getattr(place, name)))
    return keys


@pytest.fixture
def processes():
    """Return the processes of isolated drawings, of which none is left from before, or after."""
    kept = isolation.processes()
    kept.close()
    yield kept
    kept.close()
