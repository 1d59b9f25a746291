"""Templates: one Jinja environment a language; strict about missing names, escaped, translatable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache, lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, lists, numbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes, select_autoescape
from jinja2.visitor import NodeTransformer

from petitions.folders import TEMPLATES
from petitions.translations import catalogue

# What Babel should follow where a language alone says too little.
_LOCALES = {"en": "en_GB", "en-XA": "en_GB"}


class Templates:
    """Renders the files of `templates/`; everything but `.txt` is escaped."""

    def __init__(self, timezone: str = "UTC") -> None:
        self._zone = ZoneInfo(timezone)

    def render(self, name: str, language: str, /, **context: Any) -> str:
        """The text of one template. A name that the context lacks is an error, not an empty place."""
        return self.environment(language).get_template(name).render(context)

    def environment(self, language: str) -> Environment:
        """The environment of one language (for its loader and filters; tests walk all templates by it)."""
        return _environment(language, self._zone)


@cache
def _environment(language: str, zone: ZoneInfo) -> Environment:
    """Made once: compiling its templates takes seconds."""
    environment = _Environment(
        catalogue(language).gettext,
        loader=FileSystemLoader(TEMPLATES),
        auto_reload=False,  # it would ask the disk about each file of each page
        autoescape=select_autoescape(enabled_extensions=("html", "xml"), default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(filters(language, zone))
    environment.globals["plurals"] = plurals(language)
    environment.globals["language"] = language
    return environment


class _Environment(Environment):
    """Translates what it can while it compiles: each language has an environment of its own."""

    def __init__(self, gettext: Callable[[str], str], **options: Any) -> None:
        self._gettext = gettext
        super().__init__(**options)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        return _Translated(self._gettext).visit(tree)  # type: ignore[no-any-return]


class _Translated(NodeTransformer):
    """Puts the translation itself where a template asks for that of a sentence without variables."""

    def __init__(self, gettext: Callable[[str], str]) -> None:
        self._gettext = gettext

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """As `jinja2.ext` does when a page is drawn: the sentence is a format string, and safe."""
        self.generic_visit(node)
        named = isinstance(node.node, nodes.Name) and node.node.name in ("_", "gettext")
        given = node.kwargs or node.dyn_args or node.dyn_kwargs
        sentence = node.args[0] if named and len(node.args) == 1 and not given else None
        if not isinstance(sentence, nodes.Const):
            return node
        said = nodes.Const(self._gettext(sentence.value) % {}, lineno=node.lineno)
        return nodes.MarkSafeIfAutoescape(said, lineno=node.lineno)


def filters(language: str, zone: ZoneInfo) -> dict[str, Any]:
    """The filters of one language, dates in the site's time zone."""
    locale = _locale(language)
    return {
        "number": _remembered(numbers.format_decimal, locale=locale),
        "percent": _remembered(numbers.format_percent, locale=locale),
        "date": _remembered(_date, zone=zone, format="long", locale=locale),
        "last_day": _remembered(_last_day, zone=zone, locale=locale),
        "short_date": _remembered(_date, zone=zone, format="medium", locale=locale),
        "month": _remembered(_date, zone=zone, format="LLLL y", locale=locale),
        "time": partial(dates.format_time, format="short", tzinfo=zone, locale=locale),
        "datetime": _remembered(_datetime, zone=zone, locale=locale),
        "iso": _iso,
        "sentence_list": partial(lists.format_list, locale=locale),
    }


def _remembered(filter: Callable[..., str], **how: Any) -> Callable[..., str]:
    """Babel takes its time, and the same numbers and days are shown again and again."""
    return lru_cache(maxsize=1000)(partial(filter, **how))


def plurals(language: str) -> dict[str, int]:
    """The plural forms of a language by CLDR's names, which browsers know too, each with a number that has it."""
    form = _locale(language).plural_form
    return {form(n): n for n in (1_000_000, *reversed(range(201)))}


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(_LOCALES.get(language, language.replace("-", "_")))
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en_GB")


def _iso(value: date | datetime) -> str:
    """For `<time datetime="…">`."""
    return value.isoformat()


def _date(value: date | datetime, *, zone: ZoneInfo, format: str, locale: Locale) -> str:
    day = value.astimezone(zone).date() if isinstance(value, datetime) else value
    return dates.format_date(day, format=format, locale=locale)


def _last_day(value: datetime, *, zone: ZoneInfo, locale: Locale) -> str:
    """The last day on which something holds that ends at this moment: midnight belongs to the day before."""
    return _date(value - timedelta(microseconds=1), zone=zone, format="long", locale=locale)


def _datetime(value: datetime, *, zone: ZoneInfo, locale: Locale) -> str:
    day = _date(value, zone=zone, format="long", locale=locale)
    return f"{day}, {dates.format_time(value, format='short', tzinfo=zone, locale=locale)}"
