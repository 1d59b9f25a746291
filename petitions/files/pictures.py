"""Pictures made anew from their pixels: smaller, in sRGB, the right way up, without what a camera wrote into them."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from typing import BinaryIO, NamedTuple

from PIL import Image, ImageCms
from PIL.Image import Transpose

from petitions.errors import N_
from petitions.files import MB, jpeg
from petitions.forms import Unfit


class Made(NamedTuple):
    """What is going to be kept. Width and height in pixels, of pictures."""

    type: str
    data: bytes
    width: int | None = None
    height: int | None = None


LONGEST = {"logo": 800, "minutes": 4096}
"""Pixels of the longer side. A4 at 300 dots an inch has 3,508; what phones usually take needs no other copy so."""
MOST_PIXELS = 40 * MB
MOST_MEMORY = 52 * MB  # bytes while it is decoded
MOST_SCANS = 32  # of a JPEG, each of which goes over all pixels; common programs write 1 to 20
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
_SMALL = 300_000  # bytes of a logo that may be kept without loss
_ORIENTATION = 0x0112  # Exif 2.32, 4.6.4: how the camera was held
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_BROKEN = N_("We can’t read this picture: it seems to be damaged. Please save it again, as PNG or JPEG.")
_MANY = N_("This picture has too many pixels. Please make it smaller, or save it as JPEG or PDF.")


def anew(file: BinaryIO, type_: str, use: str) -> Made:
    """A picture as WebP for "logo", as JPEG for "minutes". `type_`: what its first bytes say. Raises Unfit."""
    try:
        whole = type_ == "image/jpeg" and _is_whole(file)
        file.seek(0)
        with Image.open(file, formats=[_FORMATS[type_]]) as image:
            _shrink(image, LONGEST[use], whole)
            pixels = _in_srgb(image, LONGEST[use])
            turn = _TURNS.get(image.getexif().get(_ORIENTATION, 0))
            pixels = pixels if turn is None else pixels.transpose(turn)
            return _logo(pixels, type_) if use == "logo" else _minutes(pixels)
    except Unfit:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unfit(_MANY) from None
    except Exception:  # a decoder that is given strange bytes may fail in any way at all
        raise Unfit(_BROKEN) from None


def _is_whole(file: BinaryIO) -> bool:
    """Whether a JPEG comes in several scans: all of it stands in memory then, at whatever size it is decoded."""
    file.seek(0)
    scans = jpeg.scans(file.read())
    if scans is None or scans > MOST_SCANS:
        raise Unfit(_BROKEN)
    return scans > 1


def _shrink(image: Image.Image, longest: int, whole: bool) -> None:
    """To about what will be kept. The limits are judged before a pixel is decoded. Raises Unfit."""
    width, height = image.size
    if width * height > MOST_PIXELS or (whole and width * height * _stored(image) > MOST_MEMORY):
        raise Unfit(_MANY)
    each, scale = _bytes(image), 1
    while scale < 8 and (
        width * height * each > MOST_MEMORY * scale**2 or max(width, height) >= 4 * longest * scale
    ):
        scale *= 2
    image.draft(None, (width // scale, height // scale))  # of a JPEG; others can only be decoded whole
    if image.width * image.height * each > MOST_MEMORY:
        raise Unfit(_MANY)


def _bytes(image: Image.Image) -> int:
    """What a pixel takes while it is decoded and made RGB, as measured."""
    if image.format == "WEBP":
        return 16
    return {"L": 1, "1": 2, "P": 5, "I;16": 7}.get(image.mode, 4)


def _stored(image: Image.Image) -> float:
    """Bytes a pixel of a JPEG that stands in memory before its pixels do: two for each sample (libjpeg's JCOEF)."""
    layers = [(across, down) for _, across, down, _ in image.layer]  # type: ignore[attr-defined]
    most = max(across for across, _ in layers) * max(down for _, down in layers)
    return float(2 * sum(across * down for across, down in layers) / most)


def _in_srgb(image: Image.Image, longest: int) -> Image.Image:
    """Small enough, and in grey or in the colours of the web: as the picture's own profile says, where it has one."""
    image = _with_tones(image)
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    if profile := image.info.get("icc_profile"):
        with suppress(
            ImageCms.PyCMSError, OSError
        ):  # a profile that can't be read, or of another kind of picture
            own, web = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            image = ImageCms.profileToProfile(image, own, web, outputMode=mode) or image
    return image.convert("RGB") if image.mode == "CMYK" else image


def _with_tones(image: Image.Image) -> Image.Image:
    """In a mode whose pixels can be averaged."""
    if image.mode in ("RGB", "RGBA", "L", "CMYK") and "transparency" not in image.info:
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I"):  # 16 bits of grey
        return image.convert("I").point(lambda tone: tone * (1 / 257)).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _logo(image: Image.Image, type_: str) -> Made:
    """Drawn logos without loss, where that is not too long."""
    data = _encoded(image, "WEBP", lossless=True) if type_ == "image/png" else b""
    if not 0 < len(data) <= _SMALL:
        data = _encoded(image, "WEBP", quality=90)
    return Made("image/webp", data, *image.size)


def _minutes(image: Image.Image) -> Made:
    """On white paper."""
    if image.mode == "RGBA":
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image.getchannel("A"))
        image = paper
    return Made("image/jpeg", _encoded(image, "JPEG", quality=88), *image.size)


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """Nothing but pixels: Pillow would take over comments and profiles."""
    image.info = {}
    data = BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()
