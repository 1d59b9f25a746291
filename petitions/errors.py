"""What can go wrong, named once. Each class says its sentence; `web/failures.py` draws it.

PetitionsError
├── NotFound         404   no such page, statement, letter
├── Moved            308   the page has another address now; `slug` and its `space`
├── NotAllowed       403   a rule says no (another site's form)
│   ├── LoggedOut    401   the desk wants an organiser; `link`: where to log in
│   ├── SecondFactor 403   the desk wants the second factor; `link`: where to show it
│   └── RoleMissing  403   the organiser's role does not allow it
├── Closed           409   the statement takes no signatures now
├── TokenError
│   ├── TokenExpired 410   the link was good once
│   └── TokenInvalid 400   the link is incomplete or was changed
├── Throttled        429   too many requests; `retry_after` seconds
├── TooLarge         413   the body is over the limit
├── BadRequest       400   not a form we can read
├── WrongType        415   not the content type of a form
├── TooSlow          408   the body did not arrive in time
├── AddressTooLong   414   the address itself is over the limit
├── Misdirected      421   the request names a host that is not ours
├── DatabaseGone     503   the database does not answer
├── Busy             503   too many wait for the same; `retry_after` seconds
└── Refused                an organiser's command breaks a rule; the sentence says which
"""

from __future__ import annotations


def N_(sentence: str) -> str:
    """Mark a sentence for translation; it is translated where it is shown."""
    return sentence


class PetitionsError(Exception):
    """Base of all; `sentence` is what a person reads, untranslated."""

    sentence = N_("Something went wrong on our side. Nothing you did is lost; please try again.")

    def __init__(self, sentence: str | None = None) -> None:
        if sentence is not None:
            self.sentence = sentence
        super().__init__(self.sentence)


class NotFound(PetitionsError):
    sentence = N_("There is no page at this address.")


class Moved(PetitionsError):
    """An old slug: redirect to the same page under `slug`. `space`, 'campaign' or 'statement', is also the
    name of the path parameter to replace."""

    sentence = N_("This page has moved.")

    def __init__(self, slug: str, space: str) -> None:
        super().__init__()
        self.slug = slug
        self.space = space


class NotAllowed(PetitionsError):
    """`link`: where to do what is missing."""

    link = ""
    sentence = N_(
        "This request came from another site, so nothing was done. Please use the form on our page."
    )


class LoggedOut(NotAllowed):
    sentence = N_("You are not logged in any more. Nothing was done yet, and nothing you typed is lost.")


class SecondFactor(NotAllowed):
    sentence = N_("This needs your second factor, shown within the last ten minutes. Nothing was done yet.")


class RoleMissing(NotAllowed):
    sentence = N_(
        "Your role in this campaign does not allow this. An owner of the campaign can change your role."
    )


class Closed(PetitionsError):
    sentence = N_("This statement is closed and takes no more signatures.")


class TokenError(PetitionsError):
    """The link of a letter can't be used."""


class TokenExpired(TokenError):
    sentence = N_("It was good for a limited time only.")


class TokenInvalid(TokenError):
    sentence = N_("This link is incomplete or was changed. Please copy the whole link from the letter.")


class Throttled(PetitionsError):
    """`retry_after`: whole seconds until the next try can succeed."""

    sentence = N_("Too many attempts came from your connection. Nothing was sent; please wait and try again.")

    def __init__(self, retry_after: int = 60) -> None:
        super().__init__()
        self.retry_after = max(1, retry_after)


class TooLarge(PetitionsError):
    sentence = N_("That was too much to send. Please shorten what you typed.")


class BadRequest(PetitionsError):
    sentence = N_("We could not read this form. Please go back and send it again.")


class WrongType(PetitionsError):
    sentence = N_("This address takes forms only.")


class TooSlow(PetitionsError):
    sentence = N_("What you sent took too long to arrive. Please check your connection and send it again.")


class AddressTooLong(PetitionsError):
    sentence = N_("This address is too long to be one of ours.")


class Misdirected(PetitionsError):
    sentence = N_("This site does not answer under the address that was asked for.")


class DatabaseGone(PetitionsError):
    """The database does not answer; `retry_after` seconds is a guess."""

    sentence = N_(
        "We can't reach our records just now. What you typed is kept here; please send it again in a minute."
    )
    retry_after = 30


class Busy(PetitionsError):
    """Too many wait in line for what is made one by one; `retry_after`: seconds."""

    sentence = N_("Many people want such a file at the moment. Please try again in a few seconds.")

    def __init__(self, retry_after: int, sentence: str | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Refused(PetitionsError):
    """An organiser's act breaks a rule; always made with its own sentence, its values apart for translators."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence % values if values else sentence)
        self.pattern = sentence
        self.values = values
