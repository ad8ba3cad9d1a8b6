"""The pages of the API's schema, in a browser that knows no other host."""

import pytest

from tests.browser.page import Page


@pytest.mark.parametrize(
    ("path", "words"), [("/api/docs/", "/api/images/{id}/"), ("/api/redoc/", "Return one tile")]
)
def test_the_schema_is_shown_offline(page: Page, path: str, words: str) -> None:
    # Redoc leaves out the picture of its makers, and says which examples it cannot draw
    page.expected_complaints += ["cdn.redoc.ly", "OpenAPI Sampler"]
    page.open(path)
    page.until(lambda: words in page.text("body"))
