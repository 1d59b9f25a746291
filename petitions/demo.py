"""The demonstration: a campaign to click through. Every person and body in it is visibly an example.

It goes through the same actions as everybody, in one transaction, so that no letter of it is ever sent.
"""

from __future__ import annotations

from petitions import tally, work
from petitions.campaigns import actions as campaigns
from petitions.errors import Refused
from petitions.signatures import actions as signatures
from petitions.signatures import forms
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements.files import parse
from petitions.storage.store import Row

CAMPAIGN = {
    "slug": "example-buses",
    "name": "Example Campaign for Public Buses",
    "controller": "Example Campaign for Public Buses (a demonstration)",
    "postal_address": "1 Example Street\nExampleton EX1 1EX",
    "contact_email": "campaign@example.org",
    "introduction": (
        "We are passengers, drivers and trade unionists of Exampleton, a town that you will find on no map. "
        "This campaign shows what this site can do: sign, look for your letter, take your name back. "
        "Nothing that you do here reaches anybody."
    ),
}
STATEMENT = """\
---
title: Put our buses back in public hands
slug: public-buses
kind: campaign statement
addressed_to: Exampleton Council
goal: 100
fields:
  - town
  - {name: union}
  - {name: branch}
  - {name: role}
  - name: rides
    label: How often do you take the bus?
    kind: choice
    choices: [Every day, Every week, Now and then, There is none where I live]
public: [name, town, role, union, branch]
---

The last bus from Exampleton market leaves at ten past seven. Whoever works late walks home, and whoever lives \
in the villages does not come at all. Forty years after the buses were sold, the routes that pay are run for \
profit, and the routes that people need are cut.

It was not always so, and it need not stay so. A town that runs its own buses can decide where they go, what a \
ticket costs and how those who drive them are treated. What passengers pay then comes back as a later bus, a \
shelter, a fair wage, and not as a dividend.

We therefore ask the council:

- to set up a **public bus company** for Exampleton and its villages, owned by all of us;
- to bring back evening and Sunday routes first, where cars are fewest;
- to take over every driver, mechanic and cleaner at their present pay or better, with their union recognised;
- to give passengers and workers seats and votes on its board;
- to let everybody under eighteen ride for nothing.

Good will won't do it alone. We want to win this in meetings, at bus stops and in union branches, and we \
will support the drivers whenever they stand up for themselves. Add your name, and ask the next person in the queue.
"""
NOTE = "Two hundred people came to the meeting in the example hall. The next one is open to all."

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


async def load(site: Site, *, actor: str) -> Row:
    """The demonstration's statement, made unless it is there. Raises Refused where its slug is another's."""
    try:
        async with site.store.transaction():
            row = await _load(site, actor)
    except Refused:
        standing: Row | None = await site.store.statements.find_for_organisers(slug="public-buses")
        if standing is None or not standing.demonstration:
            raise
        return standing
    await tally.count(site, work.givers(site))
    return row


async def _load(site: Site, actor: str) -> Row:
    campaign = await campaigns.add(site, actor=actor, demonstration=True, **CAMPAIGN)
    row = await statements.add(site, campaign, parse(STATEMENT), actor=actor)
    row = await statements.open_(site, row, actor=actor)
    await statements.add_note(site, row, NOTE, actor=actor)
    texts = await statements.consents(site, row, row.language)
    for number, typed in enumerate(people()):
        form = forms.read(forms.blank(row, texts, ""), typed)
        if form.problems:
            raise ValueError(f"the demonstration's {typed['name']}: {form.problems}")
        key = await signatures.sign_within(site, row, form, ip=f"192.0.2.{number + 1}")
        attempt = await site.store.signatures.find(statement_id=key.statement_id, id=key.id)
        await signatures.confirm(site, attempt, "button")
    await site.store.demo.drop_letters(campaign_id=campaign.id)
    return row


async def remove(site: Site) -> int:
    """Remove every campaign that was born as a demonstration, with all its traces; how many there were."""
    gone: int = await site.store.demo.remove()
    return gone
