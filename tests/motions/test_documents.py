"""A motion as a file: what the writers wrote is read again by other eyes, LibreOffice's too where it is there."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile

import docx
import odfdo
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from petitions.motions import documents, odt, word
from petitions.motions.blocks import Block, Document, Run, blocks_of

MOTION = """\
# What we see

This *branch* notes **that** [they](https://example.org/x?a=1&b=2) \\<promised> buses
for ***all*** of us:\\
since 1986.

1. evening routes went,
   all of them;
2. Sunday routes too:
   - to the villages
   - to the hospital, a walk of an hour and a half for whoever can walk at all
3. fares rose.

Then:

4. nothing.

> **Good** will
>
> won’t do

---

| year | fare |
|---|---|
| 2026 | 3 |

![a full bus](https://example.org/bus.png) <https://example.org/y>
"""
CLOSING = (
    "A model motion of Example & Co: https://example.org/buses",
    "Promoted by Example, 1 Example Street.",
)
WHOLE = Document("Buses & <ours>", blocks_of(MOTION), CLOSING, "Example & Co", "de")
PLAIN = """\
Buses & <ours>

What we see

This branch notes that they (https://example.org/x?a=1&b=2) <promised> buses
for all of us:
since 1986.

1. evening routes went, all of them;
2. Sunday routes too:
   - to the villages
   - to the hospital, a walk of an hour and a half for whoever can walk at
     all
3. fares rose.

Then:

4. nothing.

> Good will
>
> won’t do

* * *

year | fare

2026 | 3

a full bus https://example.org/y

A model motion of Example & Co: https://example.org/buses

Promoted by Example, 1 Example Street.
"""
PARAGRAPHS = [
    "Buses & <ours>",
    "What we see",
    "This branch notes that they (https://example.org/x?a=1&b=2) <promised> buses for all of us:\nsince 1986.",
    "evening routes went, all of them;",
    "Sunday routes too:",
    "to the villages",
    "to the hospital, a walk of an hour and a half for whoever can walk at all",
    "fares rose.",
    "Then:",
    "nothing.",
    "Good will",
    "won’t do",
    "* * *",
    "year | fare",
    "2026 | 3",
    "a full bus https://example.org/y",
    *CLOSING,
]


def opened_docx(data):
    return docx.Document(io.BytesIO(data))


def opened_odt(data):
    return odfdo.Document(io.BytesIO(data))


def odt_paragraphs(document):
    found = document.body.get_elements("//text:p|//text:h")
    return [str(one).strip("\n") for one in found]


def test_plain_text_is_this():
    assert documents.plain(WHOLE) == PLAIN


def test_lists_with_paragraphs_have_room_and_long_words_stay_whole():
    loose = "- a\n\n  b\n- c\n\n1. " + "x" * 90 + " y\n2.\n3. > q"
    assert documents.plain(Document("T", blocks_of(loose), (), "", "en")) == (
        "T\n\n- a\n\n  b\n\n- c\n\n1. " + "x" * 90 + "\n   y\n2.\n3. > q\n"
    )


def test_word_has_the_same_words_as_real_headings_and_lists():
    document = opened_docx(word.write(WHOLE))
    assert [one.text for one in document.paragraphs] == PARAGRAPHS
    styles = {one.text: one.style.name for one in document.paragraphs}
    assert styles["Buses & <ours>"] == "Heading 1"
    assert styles["What we see"] == "Heading 2"
    assert styles["fares rose."] == styles["nothing."] == "List Number"
    assert styles["to the villages"] == "List Bullet 2"
    assert styles["Good will"] == "Quote"
    (first,) = [one for one in document.paragraphs if one.text.startswith("This branch")]
    letters = {run.text: (run.bold, run.italic) for run in first.runs}
    assert letters["branch"] == (None, True)
    assert letters["that"] == (True, None)
    assert letters["all"] == (True, True)


def test_each_numbered_list_of_word_counts_for_itself():
    document = opened_docx(word.write(WHOLE))
    numbering = document.part.numbering_part.element
    starts = {}
    for one in document.paragraphs:
        marked = one._p.pPr.numPr if one._p.pPr is not None else None
        if marked is not None:
            num = numbering.num_having_numId(marked.numId.val)
            starts[one.text] = (num.numId, num.lvlOverride_lst[0].startOverride.val)
    assert starts["fares rose."] == starts["evening routes went, all of them;"]
    assert starts["fares rose."][1] == 1
    assert starts["nothing."][1] == 4


def test_opendocument_has_the_same_words_as_real_headings_and_lists():
    document = opened_odt(odt.write(WHOLE))
    assert odt_paragraphs(document) == PARAGRAPHS
    levels = {str(one).strip(): one.level for one in document.body.headers}
    assert levels == {"Buses & <ours>": "1", "What we see": "2"}
    outer = [one for one in document.body.get_lists() if one.parent.tag == "office:text"]
    assert [one.style for one in outer] == ["Numbers", "Numbers"]
    assert [one.get_elements("text:list-item")[0].get_attribute("text:start-value") for one in outer] == [
        "1",
        "4",
    ]
    (inner,) = outer[0].get_elements("text:list-item/text:list")
    assert inner.style == "Points"
    spans = {str(one): one.style for one in document.body.spans}
    assert (spans["branch"], spans["that"], spans["all"]) == ("Italic", "Bold", "BoldItalic")
    assert all(document.get_style("text", name) is not None for name in ("Italic", "Bold", "BoldItalic"))


@pytest.mark.parametrize("write", [word.write, odt.write], ids=["docx", "odt"])
def test_a_file_says_its_title_its_campaign_and_nothing_of_who_made_it(write):
    with zipfile.ZipFile(io.BytesIO(write(WHOLE))) as whole:
        texts = {name: whole.read(name).decode(errors="replace") for name in whole.namelist()}
    about = texts.get("docProps/core.xml") or texts["meta.xml"]
    said = re.findall(r">([^<>\s][^<>]*)<", about)
    known = {"Buses &amp; &lt;ours&gt;", "Example &amp; Co", "de-DE"}
    assert known - {"de-DE"} <= set(said)
    assert all(one in known or re.fullmatch(r"odfdo [\d.]+", one) for one in said), said
    everything = "\n".join(texts.values()).lower()
    assert not re.search("python-docx|macintosh", everything)


def test_a_file_is_in_the_language_of_its_statement():
    styles = opened_docx(word.write(WHOLE)).styles.element.xml
    assert 'w:lang w:val="de-DE"' in styles
    assert opened_odt(odt.write(WHOLE)).get_language() == "de-DE"
    assert opened_odt(odt.write(WHOLE._replace(language="fr"))).get_language() == "fr"


def test_libreoffice_opens_both(tmp_path):
    """It is also what shows the lists as readers see them: with their numbers."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("no LibreOffice here (soffice)")
    (tmp_path / "word.docx").write_bytes(word.write(WHOLE))
    (tmp_path / "open.odt").write_bytes(odt.write(WHOLE))
    subprocess.run(
        [
            *(office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"),
            *("--convert-to", "txt:Text (encoded):UTF8", "--outdir", tmp_path),
            *(tmp_path / "word.docx", tmp_path / "open.odt"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    marks = ["1.", "2.", "•", "•", "3.", "", "4."]
    numbered = [f"{mark} {words}".strip() for mark, words in zip(marks, PARAGRAPHS[3:10], strict=True)]
    expected = "\n".join([*PARAGRAPHS[:3], *numbered, *PARAGRAPHS[10:]])
    for name in ("word.txt", "open.txt"):
        shown = (tmp_path / name).read_text("utf-8-sig").replace("◦", "•")
        lines = [" ".join(line.split()) for line in shown.splitlines() if line.strip()]
        assert "\n".join(lines) == expected, name


def words_of(blocks):
    return [
        word
        for block in blocks
        for word in ["".join(run.text for run in block.runs), *words_of(block.inside)]
        if word.strip()
    ]


markdown = st.lists(
    st.sampled_from(
        [
            "- ",
            "1. ",
            "    ",
            "> ",
            "\n",
            "\n\n",
            "# ",
            "**",
            "*",
            "`",
            "[a](/b)",
            "---\n",
            "| a |\n|---|\n",
            "\\\n",
            "<br>",
        ]
    )
    | st.text(max_size=6),
    max_size=12,
).map("".join)


@settings(max_examples=25, deadline=None)
@given(markdown, st.text(max_size=8))
@example("1. a\n   - b\n     > c\n     > 1. d\n\n99999999. e", "\x01\ufffe\U0010ffff\ud800")
@example("> " * 19 + "x", "")
@example("- " * 19 + "x", "")
def test_whatever_stands_in_a_motion_its_words_are_in_every_file(text, title):
    blocks = blocks_of(text)
    document = Document(documents.xml_safe(title), blocks, (), "", "en")
    wanted = "".join(words_of(blocks)).split()
    assert isinstance(documents.plain(document).encode(), bytes)
    read = " ".join(one.text for one in opened_docx(word.write(document)).paragraphs[1:])
    assert "".join(read.split()) == "".join(wanted)
    read = " ".join(odt_paragraphs(opened_odt(odt.write(document)))[1:])
    assert "".join(read.split()) == "".join(wanted)


def test_what_no_xml_can_hold_is_left_out():
    assert blocks_of("a\ufffeb\x0b c") == (Block("paragraph", (Run("ab c"),)),)
    assert documents.xml_safe("a\x00\x0b\ud800\uffffé😀\t\n") == "aé😀\t\n"
