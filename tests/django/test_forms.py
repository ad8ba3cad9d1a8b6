"""What the form's field says of uploads: in memory, and in a temporary file of their own."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from PIL import Image

from tests.readers.test_tiff_slides import aperio
from tests.testapp.models import Scan
from tilewright.django.facts import sentence
from tilewright.django.forms import ImageFileFormField, validate_image


def tiff(side=300):
    buffer = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (side, side), np.uint8)
    tifffile.imwrite(buffer, noise, tile=(128, 128))
    return buffer.getvalue()


def svs():
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        aperio(writer)
    return buffer.getvalue()


def png():
    buffer = io.BytesIO()
    Image.effect_noise((90, 70), 50).save(buffer, "png")
    return buffer.getvalue()


def bomb(side=60_000):
    """Return a whole PNG of some 400 kB that unpacks to 3.6 billion pixels."""
    packer = zlib.compressobj(9)
    rows = bytes(side // 8 + 1) * 1000
    packed = b"".join(packer.compress(rows) for _ in range(side // 1000)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def in_memory(name, content):
    return SimpleUploadedFile(name, content)


def in_a_file(name, content):
    """Return an upload as Django's handler of large ones leaves it, but for the rewind."""
    upload = TemporaryUploadedFile(name, "image/tiff", len(content), None)
    upload.write(content)
    return upload


@pytest.fixture(params=[in_memory, in_a_file])
def make(request):
    """Make an upload of either kind."""
    return request.param


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.tif", tiff(), "TIFF, 300 × 300 pixels, 1 band of uint8, 1 level"),
        ("a.svs", svs(), "Aperio SVS, 400 × 300 pixels, 3 bands of uint8, 3 levels"),
        ("a.png", png(), "PNG, 90 × 70 pixels, 1 band of uint8, 1 level"),
        ("a", png(), "PNG, 90 × 70 pixels, 1 band of uint8, 1 level"),
    ],
    ids=["TIFF", "SVS", "PNG", "without a suffix"],
)
def test_the_field_says_what_a_file_is_and_rewinds_it(make, name, content, what):
    with make(name, content) as upload:
        assert ImageFileFormField().clean(upload) is upload
        assert sentence(upload.image_info) == what
        assert upload.read() == content


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.txt", b"just words\n" * 9, "no reader knows this kind of file."),
        ("a.tif", tiff()[:40_000], "a tile lies past the end of the file."),
        ("a.svs", svs()[:200_000], "a directory of the TIFF lies past the end."),
        ("a.png", png()[:2000], "the PNG is damaged."),
        ("a.png", bomb(), r"3,600,000,000 asked, [0-9,]+ allowed."),
    ],
    ids=["text", "cut TIFF", "cut SVS", "cut PNG", "bomb"],
)
def test_the_field_says_why_a_file_cannot_be_shown_and_rewinds_it(make, name, content, why):
    with make(name, content) as upload:
        with pytest.raises(
            ValidationError, match=f"^..This file cannot be shown: .*{why}"
        ) as caught:
            ImageFileFormField().clean(upload)
        assert caught.value.code == "unreadable"
        assert upload.read() == content


def test_an_empty_file_is_refused_by_django(make):
    with make("a.tif", b"") as upload, pytest.raises(ValidationError, match="is empty"):
        ImageFileFormField().clean(upload)


def test_no_file_is_looked_at_where_none_is_needed():
    assert ImageFileFormField(required=False).clean(None) is None
    assert ImageFileFormField().clean(None, initial="stored.tif") == "stored.tif"


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"file_side": 100}, "This file cannot be shown: "),
        ({"output_pixels": 10}, None),
        ({"source_pixels": 20_000}, None),
    ],
)
def test_the_limits_apply_to_the_file_and_not_to_the_trial(settings, limits, why):
    settings.TILEWRIGHT = {"limits": limits}
    upload = in_memory("a.tif", tiff())
    if why is None:
        assert ImageFileFormField().clean(upload) is upload
        return
    with pytest.raises(ValidationError, match=why):
        ImageFileFormField().clean(upload)


@pytest.mark.parametrize("name", ["a", "a.tif", "a.../../x", "a.t if", "a." + "x" * 300])
def test_names_do_no_harm_and_reasons_name_no_path(name):
    with pytest.raises(ValidationError) as caught:
        ImageFileFormField(max_length=None).clean(in_memory(name, b"nothing"))
    assert "/" not in str(caught.value.message)


def test_a_models_validator_looks_at_uploads_only(scan, folder):
    (folder / "a.tif").write_bytes(b"damaged since")
    validate_image(scan.file)
    for name, content in (("b.tif", b"nothing"), ("c.tif", tiff()[:40_000])):
        scan.file = in_memory(name, content)
        with pytest.raises(ValidationError, match="cannot be shown"):
            validate_image(scan.file)
    content = png()
    scan.file = in_memory("b.png", content)
    validate_image(scan.file)
    scan.save()
    assert (folder / Scan.objects.get(pk=scan.pk).file.name).read_bytes() == content
