"""What is taken and what is refused, by content alone; what a picture is after it was made anew."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from petitions.files import LARGEST, actions, checks, jpeg, pictures
from petitions.forms import Unfit
from petitions.site import Site
from tests.files import made
from tests.files.made import PDF, REFUSED, SIGNED, TABLED, phone, picture, saved

USES = ("logo", "minutes")


async def put(site: Site, data: bytes, use: str = "minutes") -> Any:
    """The row of a file that was put."""
    kept = await actions.put(site, io.BytesIO(data), use)
    row = await actions.get(site, kept.digest)
    assert row is not None
    assert (row.type, row.size, hashlib.sha256(row.data).digest()) == (kept.type, kept.size, kept.digest)
    return row


def opened(row: Any) -> Image.Image:
    image = Image.open(io.BytesIO(row.data))
    assert image.size == (row.width, row.height)
    image.load()
    return image


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_no_picture_and_no_pdf_is_refused_with_a_sentence(
    lasting: Site, what: str, use: str
) -> None:
    data, sentence = REFUSED[what]
    with pytest.raises(Unfit) as unfit:
        await actions.put(lasting, io.BytesIO(data), use)
    expected = "A logo is a picture" if use == "logo" and data.startswith(b"%PDF-") else sentence
    assert expected in unfit.value.sentence


def test_what_stands_inside_of_a_remark_or_a_small_copy_is_no_scan_of_a_picture() -> None:
    exif = b"Exif\0\0" + picture("JPEG")
    assert jpeg.scans(picture("JPEG", comment=b"\xff\xda" * 200, exif=exif)) == 1


async def test_a_pdf_is_kept_as_it_is_and_is_no_logo(lasting: Site) -> None:
    row = await put(lasting, PDF)
    assert (row.type, row.data, row.width) == ("application/pdf", PDF, None)
    for whole in (PDF + b"\r\n\0 \n", SIGNED, TABLED):
        assert (await put(lasting, whole)).data == whole
    with pytest.raises(Unfit, match="A logo is a picture"):
        await actions.put(lasting, io.BytesIO(PDF), "logo")


@pytest.mark.parametrize("use", USES)
async def test_what_is_too_large_is_refused_by_its_use(lasting: Site, use: str) -> None:
    with pytest.raises(Unfit) as unfit:
        await actions.put(lasting, io.BytesIO(b"%PDF-" + b" " * LARGEST[use]), use)
    assert unfit.value.values == {"limit": LARGEST[use] // 1_000_000}
    just = b"%PDF-1.4\n1 0 obj endobj\n%" + b"x" * (LARGEST["minutes"] - 43) + b"\nstartxref\n9\n%%EOF"
    assert len(just) == LARGEST["minutes"]
    assert (await put(lasting, just)).size == len(just)


KINDS = [("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")]
KINDS += [("JPEG", mode) for mode in ("L", "RGB", "CMYK")] + [("WEBP", mode) for mode in ("RGB", "RGBA")]


@pytest.mark.parametrize(("kind", "mode"), KINDS)
async def test_pictures_of_every_mode_are_made_anew(lasting: Site, kind: str, mode: str) -> None:
    grey = saved(Image.new("I;16", (60, 40), 40_000), "PNG")
    data = grey if mode == "I;16" else picture(kind, mode=mode)
    logo, minutes = await put(lasting, data, "logo"), await put(lasting, data, "minutes")
    assert (logo.type, minutes.type) == ("image/webp", "image/jpeg")
    assert opened(logo).size == opened(minutes).size == (60, 40)
    assert opened(logo).has_transparency_data is (mode in ("LA", "RGBA"))
    corner = opened(minutes).convert("L").getpixel((5, 5))
    assert isinstance(corner, int)
    assert 40 < corner < 180 or mode == "1", "neither black nor white"


async def test_the_white_of_minutes_is_paper(lasting: Site) -> None:
    row = await put(lasting, picture("PNG", mode="RGBA"))
    red, _, blue = (opened(row).getpixel(place) for place in ((5, 5), (5, 35), (55, 35)))
    assert red[0] > 200 > 100 > red[2]  # type: ignore[index]
    assert opened(row).getpixel((5, 35)) == (255, 255, 255)
    assert blue[2] > 200 > 100 > blue[0]  # type: ignore[index]


async def test_a_phones_picture_stands_upright_and_tells_no_place(lasting: Site) -> None:
    for use in USES:
        row = await put(lasting, phone(), use)
        image = opened(row)
        assert image.size == (400, 600)
        assert not image.getexif()
        assert not {"exif", "comment", "icc_profile", "xmp"} & image.info.keys()
        assert b"Exif" not in row.data
        assert b"taken at home" not in row.data
        red = image.convert("RGB").getpixel((390, 10))  # turned: the top left is at the top right
        assert red[0] > 200 > 100 > red[2]  # type: ignore[index]


@pytest.mark.parametrize("orientation", range(9))
def test_however_the_camera_was_held(orientation: int) -> None:
    from PIL import ImageOps

    data = phone(orientation)
    with Image.open(io.BytesIO(data)) as image:
        expected = ImageOps.exif_transpose(image).convert("RGB")
    found = pictures.anew(io.BytesIO(data), "image/jpeg", "minutes")
    with Image.open(io.BytesIO(found.data)) as image:
        assert image.size == expected.size
        for place in ((10, 10), (390, 10), (10, 390), (390, 390)):
            one, other = image.getpixel(place), expected.getpixel(place)
            assert max(abs(a - b) for a, b in zip(one, other, strict=True)) < 30  # type: ignore[arg-type]


async def test_colours_become_those_of_the_web(lasting: Site) -> None:
    """A picture whose profile swaps red and green shows other colours; one that can't be read changes none."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    swapped = (
        bytes(profile).replace(b"rXYZ", b"gXYZ", 1).replace(b"gXYZ", b"rXYZ", 2).replace(b"rXYZ", b"gXYZ", 1)
    )
    for bad in (None, b"no profile", bytes(profile[:200])):
        row = await put(lasting, picture("PNG", icc_profile=bad), "logo")
        assert opened(row).convert("RGB").getpixel((5, 5)) == (255, 0, 0)
    row = await put(lasting, picture("PNG", icc_profile=swapped), "logo")
    assert opened(row).convert("RGB").getpixel((5, 5))[1] > 150  # type: ignore[index]
    assert "icc_profile" not in opened(row).info


@pytest.mark.parametrize(("use", "longest"), [("logo", 800), ("minutes", 4096)])
async def test_large_pictures_become_smaller(lasting: Site, use: str, longest: int) -> None:
    row = await put(lasting, saved(Image.new("L", (4200, 2100), 200), "PNG"), use)
    assert (row.width, row.height) == (longest, longest // 2)
    huge = await put(lasting, saved(Image.new("RGB", (7000, 5600)), "JPEG", quality=20), use)
    assert huge.width == {"logo": 800, "minutes": 3500}[use], "a JPEG is decoded at half its size"
    small = await put(lasting, picture("PNG"), use)
    assert (small.width, small.height) == (60, 40)


async def test_a_second_file_inside_of_a_picture_is_gone(lasting: Site) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        row = await put(lasting, picture(kind) + PDF + made.archive())
        assert b"%PDF" not in row.data
        assert b"PK\x05\x06" not in row.data


async def test_the_same_file_twice_is_one_row_as_if_it_were_new(site: Site, owner: Any) -> None:
    first = await actions.put(site, io.BytesIO(phone()), "minutes")
    await owner.execute("update files set put_at = now() - interval '20 hours'")
    assert await actions.put(site, io.BytesIO(phone()), "minutes") == first
    assert await owner.fetchval("select count(*) from files where put_at > now() - interval '1 minute'") == 1


async def test_a_damaged_orientation_or_an_empty_place_is_no_crash(lasting: Site) -> None:
    data = picture("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\xff\xff\0\0")
    assert (await put(lasting, data)).type == "image/jpeg"


SEEDS = [PDF, picture("PNG"), picture("JPEG"), picture("WEBP"), phone(), picture("PNG", mode="P")]


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_no_bytes_at_all_make_it_fail(data: st.DataObject) -> None:
    """Random bytes, and good files cut off, with bytes changed, doubled or put in."""
    seed = data.draw(st.sampled_from(SEEDS))
    spoiled = bytearray(seed[: data.draw(st.integers(0, len(seed)))] if data.draw(st.booleans()) else seed)
    for place, what in data.draw(
        st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=4)), max_size=8)
    ):
        at = place % (len(spoiled) + 1)
        spoiled[at : at + data.draw(st.integers(0, len(what)))] = what
    tried = data.draw(st.binary(max_size=40)) if data.draw(st.integers(0, 9)) == 0 else bytes(spoiled)
    use = data.draw(st.sampled_from(USES))
    try:
        found = actions._made(io.BytesIO(tried), use)
    except Unfit:
        return
    assert found.type in ("application/pdf", "image/webp", "image/jpeg")
    assert 0 < len(found.data) <= LARGEST["minutes"]


@given(st.binary(max_size=1100))
@settings(max_examples=200, deadline=None)
def test_whatever_it_begins_with_it_is_one_of_ours_or_none(data: bytes) -> None:
    with suppress(Unfit):
        assert checks.type_of(io.BytesIO(data), "minutes") in {
            "application/pdf",
            "image/png",
            "image/jpeg",
            "image/webp",
        }
