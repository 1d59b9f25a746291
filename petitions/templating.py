"""Templates: one Jinja environment a language; strict about missing names, escaped, translatable."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, lists, numbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from petitions.folders import TEMPLATES
from petitions.translations import catalogue

# What Babel should follow where a language alone says too little.
_LOCALES = {"en": "en_GB", "en-XA": "en_GB"}


class Templates:
    """Renders the files of `templates/`; everything but `.txt` is escaped."""

    def __init__(self, timezone: str = "UTC") -> None:
        self._zone = ZoneInfo(timezone)
        self._loader = FileSystemLoader(TEMPLATES)
        self._environments: dict[str, Environment] = {}

    def render(self, name: str, language: str, /, **context: Any) -> str:
        """The text of one template. A name that the context lacks is an error, not an empty place."""
        return self.environment(language).get_template(name).render(context)

    def environment(self, language: str) -> Environment:
        """The environment of one language (for its loader and filters; tests walk all templates by it)."""
        if language not in self._environments:
            self._environments[language] = self._build(language)
        return self._environments[language]

    def _build(self, language: str) -> Environment:
        environment = Environment(
            loader=self._loader,
            autoescape=select_autoescape(enabled_extensions=("html", "xml"), default=False),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.policies["ext.i18n.trimmed"] = True
        environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
        environment.filters.update(filters(language, self._zone))
        return environment


def filters(language: str, zone: ZoneInfo) -> dict[str, Any]:
    """The filters of one language, dates in the site's time zone."""
    locale = _locale(language)
    return {
        "number": partial(numbers.format_decimal, locale=locale),
        "percent": partial(numbers.format_percent, locale=locale),
        "date": partial(_date, zone=zone, format="long", locale=locale),
        "last_day": partial(_last_day, zone=zone, locale=locale),
        "short_date": partial(_date, zone=zone, format="medium", locale=locale),
        "month": partial(_date, zone=zone, format="LLLL y", locale=locale),
        "time": partial(dates.format_time, format="short", tzinfo=zone, locale=locale),
        "datetime": partial(_datetime, zone=zone, locale=locale),
        "iso": _iso,
        "sentence_list": partial(lists.format_list, locale=locale),
    }


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
