"""The QR picture of our own account: read, freed of everything but its dots, and small enough for a slow phone."""

from __future__ import annotations

import io

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from xiaohe.kernel.errors import BadInput

LARGEST_UPLOAD = 4 * 1024 * 1024
# Beyond this an image of a few kilobytes may unpack to gigabytes.
MOST_PIXELS = 40_000_000
SIDE = 360
# Of the 60 KB a whole claim page may weigh.
LARGEST = 30 * 1024


def account_picture(uploaded: bytes) -> bytes:
    """A PNG of at most 30 KB, of the dots alone: where and when a photo was taken stays behind. Raises BadInput."""
    if len(uploaded) > LARGEST_UPLOAD:
        raise BadInput("large_picture", _("This picture is too large; 4 MB is plenty."))
    try:
        with Image.open(io.BytesIO(uploaded), formats=("PNG", "JPEG", "WEBP", "GIF")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise BadInput("large_picture", _("This picture is too large; 4 MB is plenty."))
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise BadInput("bad_picture", _("This is not a picture that can be read.")) from None
    upright.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    # Sixteen shades keep a logo in the middle of the code; two would do for the code itself.
    for shades in (64, 16, 4):
        png = io.BytesIO()
        upright.quantize(shades).save(png, "PNG", optimize=True)
        if png.tell() <= LARGEST:
            return png.getvalue()
    raise BadInput(
        "large_picture", _("This picture holds too much; cut it down to the code itself.")
    )
