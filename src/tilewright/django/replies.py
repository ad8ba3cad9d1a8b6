"""From a `Reply`, which knows no framework, to Django's response."""

from django.http import HttpResponse

from tilewright.web.http import Reply


def to_response(reply: Reply, method: str | None) -> HttpResponse:
    """Return Django's response; to a HEAD it has the headers of the GET and no body."""
    body = b"" if method == "HEAD" else reply.body
    response = HttpResponse(body, status=reply.status, headers=reply.headers)
    if "Content-Type" not in reply.headers:
        # Django adds one of its own, which a 304 must not have.
        del response["Content-Type"]
    return response
