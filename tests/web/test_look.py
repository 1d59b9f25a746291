"""What the static files promise: small, self-contained, and for ever under their address."""

from __future__ import annotations

import re

from petitions.folders import STATIC, TEMPLATES
from petitions.web.assets import files

CSS = (STATIC / "site.css").read_text(encoding="utf-8")


def test_the_style_sheet_is_at_most_20_kilobytes_and_the_script_10() -> None:
    assert len(files()["site.css"].body) <= 20_000
    assert len(files()["site.js"].body) <= 10_000  # the design's limit; compressed it is a third


def test_each_font_is_small_carries_its_content_in_its_address_and_has_its_licence_beside_it() -> None:
    fonts = dict(re.findall(r"url\((\S+?)\?v=(\w+)\)", CSS))
    assert set(fonts) == {name for name in files() if name.endswith(".woff2")}
    for name, digest in fonts.items():
        assert files()[name].digest == digest
        assert len(files()[name].body) <= 35_000
    assert "SIL OPEN FONT LICENSE" in (STATIC / "archivo.LICENSE.txt").read_text(encoding="utf-8")


def test_nothing_is_loaded_from_elsewhere_and_no_template_styles_or_scripts_inline() -> None:
    assert "//" not in re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
    assert "@import" not in CSS
    for template in TEMPLATES.rglob("*.html"):
        if template.name.endswith(".mail.html"):
            continue
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?! src=\"{{ url\('static')", text), (
            template
        )


def test_layout_follows_the_direction_of_writing() -> None:
    """Logical properties only: a page in Hebrew or Arabic is a mirror image."""
    sided = r"(?<![\w-])(margin|padding|border|inset)-(left|right)|(?<![\w-])(left|right)\s*:|text-align: (left|right)"
    assert not re.search(sided, CSS)
