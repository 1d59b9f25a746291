"""Who signed the demonstration: forty-two people whose names say “example” in their languages."""

from __future__ import annotations

from petitions.signatures import actions as signatures
from petitions.signatures import forms
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row

# Surnames say “example” in their languages: nobody can be meant.
_NAMES = """
Ada Example|Bilal Sample|Chidi Example|Dilys Specimen|Erin Example|Fatima Mithal|Gwen Sample|Hanna Beispiel
Ines Ejemplo|Jean Exemple|Kaja Przykład|Lena Muster|Marco Esempio|Nuno Exemplo|Orla Sampla|Petr Příklad
Qadir Mithal|Réka Példa|Sanne Voorbeeld|Tuğba Örnek|Uma Udaharan|Vesna Primjer|Wim Voorbeeld|Xoán Exemplo
Yannis Παράδειγμα|Zora Пример|Aoife Sampla|Bram Voorbeeld|Cerys Enghraifft|Dora Παράδειγμα|Emre Örnek
Freya Eksempel|Goran Primjer|Halima Mfano|Ioana Exemplu|Juno Esimerkki|Kofi Example|Lior דוגמה|Mina مثال
Noor Voorbeeld|Oskar Exempel|Pia Muster
"""
_UNIONS = ("Example Union of Transport Workers", "Union of Sample Teachers", "General Union of Examples")
_BRANCHES = ("Exampleton Buses", "Sampleton No. 2", "North Example")
_ROLES = ("Branch secretary", "Shop steward", "Member")
_TOWNS = ("Exampleton", "Sampleton", "Upper Example", "Specimen-on-Sea")
_RIDES = ("Every day", "Every week", "Now and then")


def people() -> list[dict[str, str]]:
    """What each of them types into the form."""
    names = [name for line in _NAMES.split("\n") for name in line.split("|") if name]
    return [_person(number, name) for number, name in enumerate(names, 1)]


def _person(number: int, name: str) -> dict[str, str]:
    typed = {"name": name, "email": f"person{number}@example.org", "town": _TOWNS[number % 4]}
    if number % 3:
        typed |= {
            "union": _UNIONS[number % 3],
            "branch": _BRANCHES[number % 2],
            "role": _ROLES[number // 2 % 3],
        }
    if number % 2:
        typed["own_rides"] = _RIDES[number % 3]
    agreed = {
        "consent_name": number % 5,
        "consent_union": number % 5 and number % 4 > 1,
        "consent_mail": not number % 3,
    }
    return typed | {name: "yes" for name, ticked in agreed.items() if ticked}


async def sign(site: Site, statement: Row) -> None:
    """All of them, confirmed, as a part of the caller's transaction."""
    texts = await statements.consents(site, statement, statement.language)
    for number, typed in enumerate(people()):
        form = forms.read(forms.blank(statement, texts, ""), typed)
        if form.problems:
            raise ValueError(f"the demonstration's {typed['name']}: {form.problems}")
        key = await signatures.sign_within(site, statement, form, ip=f"192.0.2.{number + 1}")
        attempt = await site.store.signatures.find(statement_id=key.statement_id, id=key.id)
        await signatures.confirm(site, attempt, "button")
