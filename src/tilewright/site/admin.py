"""The admin pages: upload an image, rename it, hide it, delete it."""

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tilewright.blobs.local import local_source
from tilewright.django import conf
from tilewright.errors import LimitError, TilewrightError
from tilewright.request import Encoding, Fit, RenderRequest
from tilewright.site.models import Image

_TRIAL = RenderRequest(Fit(64, 64), Encoding("jpeg"))
"""What an upload must be able to give."""

if TYPE_CHECKING:
    Form = forms.ModelForm[Image]
    Admin = admin.ModelAdmin[Image]
else:
    Form, Admin = forms.ModelForm, admin.ModelAdmin


class ImageForm(Form):
    """Takes only what can be shown."""

    class Meta:
        """Which fields it knows."""

        model = Image
        fields = ("name", "upload", "hidden")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # a record without a place would show nothing
        if "upload" in self.fields:
            self.fields["upload"].required = True
            self.fields["name"].help_text = "Left empty, it is the file's own name."

    def clean_upload(self) -> Any:
        """Refuse a file that no reader understands."""
        upload = self.cleaned_data["upload"]
        if isinstance(upload, TemporaryUploadedFile):
            engine = conf.edge().engine
            try:
                engine.render(local_source(upload.temporary_file_path()), _TRIAL)
            except LimitError:
                # it is an image; that it is too large to be seen whole does not speak against it
                return upload
            except TilewrightError as error:
                raise forms.ValidationError(f"This file cannot be shown: {error}.") from error
        return upload


@admin.register(Image)
class ImageAdmin(Admin):
    """One row an image."""

    form = ImageForm
    list_display = ("name", "served", "hidden", "added", "view")
    list_filter = ("served", "hidden")
    search_fields = ("name",)
    list_editable = ("hidden",)

    @admin.display(description="view")
    def view(self, image: Image) -> SafeString:
        """Return a link to the viewer."""
        return format_html('<a href="{}">Open</a>', reverse("view", args=[image.pk]))

    def get_fields(self, request: HttpRequest, obj: Image | None = None) -> Any:  # noqa: ARG002
        """Show an upload's file, or the place of a file that was not uploaded."""
        if obj is None:
            return ["upload", "name"]
        return ["name", "path" if obj.path else "upload", "hidden"]

    def get_readonly_fields(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Image | None = None,
    ) -> list[str]:
        """Keep the bytes of a record: another file is another image."""
        return [] if obj is None else ["path", "upload"]

    def save_model(
        self,
        request: HttpRequest,
        obj: Image,
        form: "forms.ModelForm[Image]",
        change: bool,  # noqa: FBT001
    ) -> None:
        """Name an upload after its file."""
        if not obj.name and obj.upload.name:
            obj.name = PurePath(obj.upload.name).name
        super().save_model(request, obj, form, change)
