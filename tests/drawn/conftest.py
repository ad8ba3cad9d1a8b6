import pytest

from tests.drawn import charts


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
