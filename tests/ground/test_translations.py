"""Catalogues: every sentence is said in every language, with its placeholders, markup and plurals."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from petitions.templating import Templates
from petitions.translations import LANGUAGES, LOCALES, PSEUDO, catalogue, missing, template
from tests.pseudo import hard_coded, plain_words

OTHERS = sorted(set(LANGUAGES) - {"en"})
PARTS = re.compile(r"%\(\w+\)[a-z]|%%|<[^>]*>")


def written(language: str) -> Catalog:
    with (LOCALES / language / "petitions.po").open("rb") as file:
        return read_po(file, locale=language)


def both(message: Message) -> list[tuple[str, str]]:
    """(English, translated) of each form: the first with the singular, the others with the plural."""
    ids = [message.id] if isinstance(message.id, str) else [message.id[0], *[message.id[1]] * 9]
    strings = [message.string] if isinstance(message.string, str) else list(message.string)
    return list(zip(ids, strings, strict=False))


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_said(language: str) -> None:
    """If not: petitions.translations.update(…) adds the sentences to the file; then translate them."""
    assert missing(language) == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_is_kept_that_nobody_says(language: str) -> None:
    found = {message.id for message in template()}
    assert [message.id for message in written(language) if message.id not in found] == []


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_and_markup_survive_translation(language: str) -> None:
    for message in written(language):
        for english, translated in both(message) if message.id else ():
            asked, said = Counter(PARTS.findall(english)), Counter(PARTS.findall(translated))
            singular = not isinstance(message.id, str) and english == message.id[0]
            missing_parts = asked - said if not singular else Counter()
            assert not missing_parts, f"{translated!r} lacks {list(missing_parts)}"
            allowed = set(PARTS.findall("".join(message.id)))
            assert set(said) <= allowed, f"{translated!r} has {set(said) - allowed}"


@pytest.mark.parametrize("language", OTHERS)
def test_spaces_at_the_ends_survive_translation(language: str) -> None:
    for message in written(language):
        for english, translated in both(message) if message.id else ():
            assert translated[:1].isspace() == english[:1].isspace(), translated
            assert translated[-1:].isspace() == english[-1:].isspace(), translated


def test_a_region_speaks_its_language_and_an_unknown_one_english() -> None:
    sentence = "This link has expired"
    assert catalogue("de-AT").gettext(sentence) == catalogue("de").gettext(sentence) != sentence
    assert catalogue("tlh").gettext(sentence) == catalogue("../de").gettext(sentence) == sentence


def test_german_has_its_plurals() -> None:
    said = "{% trans n=n %}My signature{% pluralize %}My signatures{% endtrans %}"
    german = Templates().environment("de").from_string(said)
    assert [german.render(n=n) for n in (0, 1, 2)] == [
        "Meine Unterschriften",
        "Meine Unterschrift",
        "Meine Unterschriften",
    ]


def test_the_pseudo_locale_keeps_placeholders_and_markup() -> None:
    say = catalogue(PSEUDO)
    assert (
        say.gettext("Sign <b>the</b> %(what)s &amp; 100%%")
        == "⟦Šîĝñ <b>ţĥé</b> %(what)s &amp; 100%%~~~~~~~~~⟧"
    )
    assert say.ngettext("one", "%(n)s all", 1).startswith("⟦öñé")
    assert say.gettext("") == ""


def test_the_pseudo_locale_is_offered_to_nobody() -> None:
    assert PSEUDO not in LANGUAGES


@pytest.mark.parametrize(
    "broken",
    [
        "<p>{% trans %}Said{% endtrans %} and forgotten</p>",
        "<p>{{ name }} has signed</p>",
        '<img alt="A forgotten picture">',
        '<nav aria-label="Forgotten"></nav>',
        '<input placeholder="Forgotten">',
        '<input type="submit" value="Forgotten">',
        '<a title="Forgotten">{{ name }}</a>',
        "<title>{% trans %}Said{% endtrans %} – forgotten</title>",
        '<meta name="description" content="Forgotten">',
        "<p>{% trans label=forgotten %}Said: {{ label }}{% endtrans %}</p>",
        "<option>Forgotten</option>",
    ],
)
def test_a_hard_coded_sentence_is_found(broken: str) -> None:
    page = Templates().environment(PSEUDO).from_string(broken)
    assert hard_coded(page.render(name="例子", forgotten="Forgotten"))


@pytest.mark.parametrize(
    "right",
    [
        "<p>{% trans name=name %}<b>{{ name }}</b> has signed at https://example.org/x{% endtrans %}</p>",
        '<input type="hidden" value="yes"><input name="email" value="ada@example.org" autocomplete="email">',
        "<script>let here</script><style>p {}</style><!-- a comment -->",
        '<time datetime="2026-05-01">1 May 2026</time>, September 2026, 3 Sept 2026',
        "<title>{{ _('Said') }} – {{ name }}</title><img alt=\"{% trans %}Said{% endtrans %}\">",
    ],
)
def test_a_translated_page_passes(right: str) -> None:
    assert hard_coded(Templates().environment(PSEUDO).from_string(right).render(name="例子")) == []


def test_plain_words_are_found_in_letters_too() -> None:
    assert plain_words("⟦Šîĝñ~⟧ http://localhost:8000/confirm/x.y 例子 Dear") == ["Dear"]
