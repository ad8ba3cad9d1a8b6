"""What is checked for each tile."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from bench.servers.catalogue.models import Scan


class HiddenScansStayHidden(BasePermission):
    """Refuses what is marked as hidden."""

    def has_object_permission(self, request: Request, view: APIView, obj: Scan) -> bool:  # noqa: ARG002
        """Return whether the scan may be seen."""
        return not obj.hidden
