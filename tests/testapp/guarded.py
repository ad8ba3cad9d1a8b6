"""What keeps secret scans from being seen, for views without the REST framework."""

from django.core.exceptions import PermissionDenied


class Guarded:
    style_field = "look"

    def get_object(self):
        """Return the scan. Raises PermissionDenied for a secret one."""
        found = super().get_object()
        if found.secret:
            raise PermissionDenied
        return found
