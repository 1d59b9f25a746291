"""Names, lines and texts as people type them; what is refused says why."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from petitions.errors import BadRequest
from petitions.forms import Unfit, clean_body, clean_line, clean_name, clean_text, in_letter, read_fields

# Shapes of names, invented. Each must be taken exactly as it stands.
NAMES = """
Ada Example
Ng
O
X Æ
X Æ A-12
Example
Mary-Ann O'Example
Seán Ó Sampla
O’Example
'Abd al-Mithāl
't Voorbeeld
d'Exemple
Jean-Éxemple de la Tour
J.R.R. Example
J.R.R.Example
E. S.
E.S.
J. Example, Jr.
Example III
Dr. A. Example
St.John Example
St.john Example
Ma.Teresa Halimbawa
Md.Ali Udaharan
Dr.Li
J.de la Ejemplo
A.al-Mithali
J.DE LA EJEMPLO
J.Page
M.Berlin
J.RR. Example
MA.TERESA HALIMBAWA
Anna Maria.B
例子・ジェイ
モデル娘。
Ph.D. Example
Anna Beispiel née Muster
Anna Beispiel geb. Muster
Fatima bint Mithal
Mithal ibn Mithal al-Mithali
van der Voorbeeld
ÅSA EXEMPELSSON
Đặng Thị Ví Dụ
Nguyễn Văn Mẫu
Łucja Przykład-Żółć
Přemysl Příkladský
Šárka Příkladová
Ioana Exemplă
Örnek Işık
İpek Örnek
Guðrún Dæmisdóttir
Példa Ödön
Παράδειγμα Σοφός
Пример Иванович Образцов
Ўрнек Мисолов
Приклад Об'єднаний
Օրինակ Օրինակյան
მაგალითი ნიმუშაძე
דוגמה בת־לדוגמה
מָשָׁל שֶׁל־נִקּוּד
مثال المثالي
علی نمونه‌زاده
مثال‌الدین نمونه
عبدالله بن مثال
مثال احمد خان
उदाहरण कुमारी
क्ष‍त्रिय उदाहरण
উদাহরণ চট্টোপাধ্যায়
ਉਦਾਹਰਣ ਸਿੰਘ
ઉદાહરણ પટેલ
எடுத்துக்காட்டு. இரா
ఉదాహరణ రావు
ಉದಾಹರಣೆ ಗೌಡ
ഉദാഹരണൻ നായർ
ශ්‍රී උදාහරණ
සාම්පල ප්‍රනාන්දු
ตัวอย่าง ใจดี
น้ำฝน ตั้งมั่น
ຕົວຢ່າງ ໃຈດີ
မျှော်လင့် ဥပမာ
ကြွေးကျော်
ឧទាហរណ៍ សុខ
དཔེ་མཚོན་བསྒྲུབས
ምሳሌ አበበ
例子
范例·示范
葛󠄀例子
𠮷例太郎
サンプル 花子
例示 はなこ
ｻﾝﾌﾟﾙ ﾊﾅｺ
김예시
남궁예시
ᠵᠢᠱᠢᠶ᠎ᠡ
ᠵᠢᠱᠢᠶ᠋ᠡ
ⵎⴷⵢⴰ
ᎠᏓᎴᏂᏍᎩ
𞤃𞤭𞤧𞤢𞤤
!Xóõ Example
ǃUi Example
Keʻala Laʻana
Example ✊
Анна-Мария Пример
""".strip().split("\n")
NAMES = [name for name in NAMES if "\u180e" not in name]

REFUSED_NAMES = {
    "": "enter your name",
    " \u00a0\u3000\t\n": "enter your name",
    "\u200d\u200c": "enter your name",
    "...": "at least one letter",
    "12345": "at least one letter",
    "✊": "at least one letter",
    "ㅤ": "can’t be seen",
    "\u2800": "can’t be seen",
    "\ufe0f Ada": "can’t be seen",
    "x" * 101: "100 characters at most",
    "=cmd()": "begin with",
    "+Ada": "begin with",
    " -Ada": "begin with",
    "@ada": "begin with",
    "＝Ada": "begin with",
    "Ada http://example.org": "web and e-mail addresses",
    "HTTPS:example": "web and e-mail addresses",
    "see www.example": "web and e-mail addresses",
    "Ada example.org": "web and e-mail addresses",
    "Ada EXAMPLE.COM!": "web and e-mail addresses",
    "win.example.com": "web and e-mail addresses",
    "bargains.ru": "web and e-mail addresses",
    "bargains.travel/now": "web and e-mail addresses",
    "t.co/x": "web and e-mail addresses",
    "bit.ly/x": "web and e-mail addresses",
    "x.example.shop": "web and e-mail addresses",
    "ada@example.org": "web and e-mail addresses",
    "Claim at evil.zip or EVIL.DE": "web and e-mail addresses",
    "EVIL.DE": "web and e-mail addresses",
    "evil.DE": "web and e-mail addresses",
    "Evil.Zip": "web and e-mail addresses",
    "EVIL1.DE": "web and e-mail addresses",
    "ann@EVIL.DE": "web and e-mail addresses",
    "a@b": "web and e-mail addresses",
    "a＠b": "web and e-mail addresses",
    "x.ai": "web and e-mail addresses",
    "X.AI": "web and e-mail addresses",
    "x.com": "web and e-mail addresses",
    "win.evil.berlin": "web and e-mail addresses",
    "evil。com": "web and e-mail addresses",
    "evil．example": "web and e-mail addresses",
    "evil.XN--P1AI": "web and e-mail addresses",
    "例子.中国": "web and e-mail addresses",
    "Call +44 900 123 4567": "phone numbers",
    "Call 0900-1234567": "phone numbers",
    "Ruf ٠٩٠٠ ١٢٣ ٤٥٦": "phone numbers",
    "пример.рф": "web and e-mail addresses",
    "Ada\nBcc: bob": "line break or control",
    "Ada\tExample": "line break or control",
    "Ada\x00": "line break or control",
    "Ada\x1b[31m": "line break or control",
    "Ada\x85Example": "line break or control",
    "Ada\u2028Example": "can’t be seen",
    "Ada \u202eelpmaxE": "direction of writing",
    "\u2066Ada\u2069": "direction of writing",
    "A\u200bda": "can’t be seen",
    "Ada\ufeff": "can’t be seen",
    "A\u00adda": "can’t be seen",
    "A\u200eda": "can’t be seen",
    "Ada\u2060Example": "can’t be seen",
    "Ada\U000e0041": "can’t be seen",
    "Ada\U0001f3f4\U000e0041": "can’t be seen",
    "Ada\ud800": "can’t be seen",
    "Ada\ue000": "can’t be seen",
    "Ada\uffff": "can’t be seen",
    "Ada\U0003ffff": "can’t be seen",
    "A\u0363\u0363\u0363\u0363\u0363da": "too many accents",
    "A\u0363\u0363\u200d\u0363\u0363\u0363da": "too many accents",
}


def test_there_are_plenty_of_names() -> None:
    assert len(NAMES) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_taken_as_typed(name: str) -> None:
    assert clean_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("typed", REFUSED_NAMES)
def test_what_is_no_name_is_refused_with_its_sentence(typed: str) -> None:
    with pytest.raises(Unfit) as refused:
        clean_name(typed)
    assert REFUSED_NAMES[typed] in refused.value.sentence % refused.value.values


def test_a_name_is_trimmed_composed_and_evenly_spaced() -> None:
    assert clean_name(" \tAda\u00a0 \u3000Exa\u0301mple \n") == "Ada Exámple"
    assert clean_name("\u200fنمونه\u200c ") == "نمونه"


def test_a_name_of_a_hundred_characters_fits() -> None:
    assert len(clean_name("é" * 100)) == 100
    assert len(clean_name("e\u0301" * 100)) == 100


def test_a_character_newer_than_this_python_can_stand_in_a_name() -> None:
    assert clean_name("\U0002fffd") == "\U0002fffd"


@pytest.mark.parametrize(
    "name", ["Unite LE/1228 4567", "Union (UK) 2025-2026", "RMT Branch 2026/01/02", "350.org", "1199"]
)
def test_a_body_may_be_called_so_but_a_stranger_is_not_written_to_by_every_name(name: str) -> None:
    assert clean_body(name) == name
    assert in_letter(name) == ""
    assert in_letter("Exampleton Branch") == "Exampleton Branch"


def test_a_line_may_be_empty_and_begin_with_any_sign() -> None:
    assert clean_line("  ", 10) == ""
    assert clean_line("+44 0000", 20) == "+44 0000"
    assert clean_line("12 – 3", 20) == "12 – 3"
    assert clean_line("ver.di", 20) == "ver.di"
    assert clean_line("Member 1234567 @ IG BCE.NRW", 40) == "Member 1234567 @ IG BCE.NRW"


@pytest.mark.parametrize(
    "typed", ["two\nlines", "verdi.de", "x\u202ey", "see www.example.org", "\u200b", "x" * 21]
)
def test_a_line_is_cleaned_like_a_name(typed: str) -> None:
    with pytest.raises(Unfit):
        clean_line(typed, 20)


def test_a_text_keeps_its_paragraphs() -> None:
    assert clean_text("\r\n One \t two  \r\n\r\n\r\n\r\n- three\rfour \n", 50) == "One two\n\n- three\nfour"
    assert clean_text(" \n ", 5) == ""


def test_a_text_may_hold_links_flags_and_joined_emoji() -> None:
    wales = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
    text = f"See https://example.org/ {wales} \U0001f469\u200d\U0001f3ed ✊\ufe0f"
    assert clean_text(text, 100) == text


@pytest.mark.parametrize("typed", ["a\x00b", "a\u202eb", "a\u200bb", "xxxxxxxxxxx"])
def test_a_text_refuses_what_deceives(typed: str) -> None:
    with pytest.raises(Unfit):
        clean_text(typed, 10)


odd = some.text(
    some.one_of(
        some.characters(),
        some.sampled_from("\u200c\u200d\u200e\u200f\u0301\u0345\u0f71\u3099 \t\n\r\u3000.=@/+\u2028\ufe0f"),
        some.sampled_from(string.ascii_letters),
    ),
    max_size=40,
)


@given(odd)
def test_an_accepted_name_is_clean_already(typed: str) -> None:
    try:
        name = clean_name(typed)
    except Unfit:
        return
    assert clean_name(name) == name
    assert 1 <= len(name) <= 100
    name.encode()


@given(odd)
def test_an_accepted_body_is_clean_already(typed: str) -> None:
    try:
        body = clean_body(typed)
    except Unfit:
        return
    assert clean_body(body) == body
    assert 1 <= len(body) <= 100
    assert in_letter(body) in ("", body)


@given(odd)
def test_an_accepted_line_is_clean_already(typed: str) -> None:
    try:
        line = clean_line(typed, 30)
    except Unfit:
        return
    assert clean_line(line, 30) == line


@given(odd)
def test_an_accepted_text_is_clean_already(typed: str) -> None:
    try:
        text = clean_text(typed, 30)
    except Unfit:
        return
    assert clean_text(text, 30) == text


@given(
    some.sampled_from(["a.b-" * 15_000, "a." * 30_000, "aa." * 20_000, "\u0301" * 60_000, " \u200d" * 30_000])
)
def test_a_long_line_is_refused_quickly(typed: str) -> None:
    with pytest.raises(Unfit):
        clean_name(typed)


def test_fields_are_read_once_and_unknown_ones_left_out() -> None:
    items = [("name", "Ada"), ("more", "x"), ("more", "y"), ("email", "")]
    assert read_fields(items, {"name", "email", "town"}) == {"name": "Ada", "email": ""}


def test_a_field_that_comes_twice_or_as_a_file_is_no_form_of_ours() -> None:
    with pytest.raises(BadRequest):
        read_fields([("name", "Ada"), ("name", "Bob")], {"name"})
    with pytest.raises(BadRequest):
        read_fields([("name", object())], {"name"})
