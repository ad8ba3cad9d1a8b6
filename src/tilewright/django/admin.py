"""Django's admin: thumbnails in the list, a viewer on the change page, uploads that are looked at.

All pictures come from addresses of the admin's own, with its own permissions.
"""

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets, quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import ModelForm, Script
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tilewright.django.answers import NO_LOOK, Asked, Route
from tilewright.django.facts import sentence
from tilewright.django.forms import ImageFileFormField
from tilewright.django.image_routes import ROUTES
from tilewright.django.replies import with_problems
from tilewright.django.sources import value_source
from tilewright.errors import OutsideError
from tilewright.image import ImageInfo, Source

_CACHE_CONTROL = "private, no-cache"
"""Asked anew each time, which is cheap: who may look can change with every click."""
_METADATA = "tiles_metadata"
_ROUTES = (_METADATA, "tile", "thumbnail")
"""What the list and the viewer ask for."""
_VIEWER = "image_viewer"
_THUMBNAIL = "image_thumbnail"

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
else:
    Admin = admin.ModelAdmin


class ImageAdminMixin(Admin):
    """Shows the images of a model in Django's admin.

    ::

        @admin.register(Scan)
        class ScanAdmin(ImageAdminMixin, admin.ModelAdmin):
            image_field = "file"

    The list has a column ``image_thumbnail`` and the change page a field ``image_viewer``: the
    last ones, unless ``list_display``, ``fields`` or ``fieldsets`` name another place for them.
    """

    image_field: ClassVar[str] = "file"
    """The name of the model's `FileField`, URL field or PostGIS `RasterField`."""

    class Media:
        """What the pages load."""

        css: ClassVar = {"all": ["tilewright/embed.css"]}
        js: ClassVar = [Script("tilewright/embed.js", type="module")]

    def get_image_source(self, obj: Any) -> Source:
        """Return what to open for a record. Raises a SourceError."""
        return value_source(getattr(obj, self.image_field))

    @admin.display(description="image")
    def image_thumbnail(self, obj: Any) -> SafeString | None:
        """Return the list's picture; None without a file."""
        if not getattr(obj, self.image_field):
            return None
        return format_html(
            '<img class="tilewright-thumbnail" loading="lazy" alt="" src="{}data/thumbnail.jpg'
            '?max_width=160&amp;max_height=120">',
            self._image_url(obj),
        )

    @admin.display(description="image")
    def image_viewer(self, obj: Any) -> SafeString | None:
        """Return the change page's viewer; None without a file."""
        if not getattr(obj, self.image_field):
            return None
        return format_html(
            '<div class="tilewright-image" data-image="{url}"><img alt="{name}" '
            'src="{url}data/thumbnail.jpg?max_width=512&amp;max_height=512"></div>',
            url=self._image_url(obj),
            name=str(obj),
        )

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Return the columns, with the thumbnail among them."""
        return _with([*super().get_list_display(request)], _THUMBNAIL)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return the fields that are only shown, with the viewer among them."""
        return _with([*super().get_readonly_fields(request, obj)], _VIEWER)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the parts of the page: of a record that there is, with the viewer."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return [(title, _without_viewer(options)) for title, options in fieldsets]
        if _VIEWER in flatten_fieldsets(fieldsets):
            return fieldsets
        return [*fieldsets, (None, {"fields": [_VIEWER]})]

    def formfield_for_dbfield(
        self,
        db_field: Any,
        request: HttpRequest,
        **kwargs: Any,
    ) -> Any:
        """Return the form's field; that of the image looks at what is uploaded."""
        if db_field.name == self.image_field and type(db_field) is models.FileField:
            kwargs = {"form_class": ImageFileFormField, **kwargs}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        obj: Any,
        form: "ModelForm[Any]",
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Store the record, and tell what was uploaded."""
        super().save_model(request, obj, form, change)
        upload = form.cleaned_data.get(self.image_field)
        info = getattr(upload, "image_info", None)
        if isinstance(info, ImageInfo):
            self.message_user(request, f"“{obj}”: {sentence(info)}.", messages.INFO)

    def get_urls(self) -> list[URLPattern]:
        """Return the admin's addresses, with those of a record's image below its own."""
        own = [
            re_path(
                rf"^(?P<object_id>.+)/image/{ROUTES[name].path}\Z",
                self.admin_site.admin_view(
                    with_problems(partial(self._answer, ROUTES[name])), cacheable=True
                ),
                name=f"{self._image_name}_{name}",
            )
            for name in _ROUTES
        ]
        return [*own, *super().get_urls()]

    @property
    def _image_name(self) -> str:
        options = self.model._meta  # noqa: SLF001 - Django's own name
        return f"{options.app_label}_{options.model_name}_image"

    def _image_url(self, obj: Any) -> str:
        name = f"{self.admin_site.name}:{self._image_name}_{_METADATA}"
        return reverse(name, args=[quote(obj.pk)]).removesuffix(ROUTES[_METADATA].path)

    def _source(self, request: HttpRequest, object_id: str) -> Source:
        """Return the image of a record that the request may see."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise OutsideError("there is no such record")
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        return self.get_image_source(obj)

    def _answer(
        self, route: Route, request: HttpRequest, object_id: str, **path: str
    ) -> HttpResponseBase:
        source = self._source(request, object_id)
        response = route.answer(Asked(request, path, source, lambda: NO_LOOK, url_parameter=""))
        response["Cache-Control"] = _CACHE_CONTROL
        return response


def _with(names: list[Any], name: str) -> list[Any]:
    return names if name in names else [*names, name]


def _without_viewer(options: Any) -> dict[str, Any]:
    """Return a fieldset's options without the viewer: there is nothing to see yet."""
    return {**options, "fields": [name for name in options["fields"] if name != _VIEWER]}
