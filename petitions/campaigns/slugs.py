"""Slugs: the words that addresses are made of, and the words that are kept for the site itself."""

from __future__ import annotations

import re
from uuid import UUID

from petitions.errors import N_, Refused
from petitions.site import Site

LIMIT = 80
_SHAPE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

# First words of every address that stands or is planned: a statement lives at /{slug}.
_RESERVED = """
about accent accessibility account accounts admin all altcha api app apple-touch-icon archive areas
articles assets audit auth ban blog browse calendar campaign campaigns challenge coach coaches code
codes comment comments confirm consent contact cookie cookies count counts css dashboard data de demo
desk dev dist docs donate edit email embed embeds en endorse endorsement endorsements enter error errors
event events export exports faq favicon favicon-ico feed feeds file files finished follow fonts forms
front goodbye group groups health healthz help home hooks host icon icons image images img imprint index
invite join js language latest leave ledger legal letter letters list live local log-in log-out login logo
logout logs mail manage manifest map material materials me media meeting meetings metrics motion motions
my near new news oauth oembed og order organisation organisations organise organiser organisers page
pages paper password people petition petitions ping places post posters press preview print privacy
privacy-policy proving public qr readyz reconsent register report reserved robots robots-txt root rss rsvp
search security security-txt session sessions settings setup share sheet sheets sign sign-in sign-out sign-up
signatories signature signatures signin signout signup site sitemap sitemap-xml speaker speakers stall
stalls start statement statements static stats status style subscribe support system tally team teams
terms test thanks token tokens tools tree unsubscribe update updates upload uploads user users verify
version versions via video wait webhook webhooks welcome well-known wp-admin wp-login www
"""
RESERVED = frozenset(_RESERVED.split())


def check_slug(slug: str) -> str:
    """The slug itself, a first word of addresses. Raises Refused with the rule that it breaks."""
    if check_shape(slug) in RESERVED:
        raise Refused(N_("The slug “%(slug)s” is kept for the site itself: choose another."), slug=slug)
    return slug


def check_shape(slug: str) -> str:
    """The slug itself, of what stands further back in an address, where no word is kept. Raises Refused."""
    if not slug:
        raise Refused(N_("A slug is needed: the word for its address, such as “fair-pay”."))
    if len(slug) > LIMIT:
        raise Refused(N_("The slug is too long: %(limit)s characters at most."), limit=LIMIT)
    if not _SHAPE.fullmatch(slug):
        raise Refused(
            N_("The slug “%(slug)s” can't be used: take lower-case letters a–z, digits and single hyphens."),
            slug=slug,
        )
    return slug


async def take(
    site: Site, space: str, slug: str, campaign_id: UUID, statement_id: UUID | None = None
) -> None:
    """Make a slug this campaign's or statement's own, for ever; one that it had before is welcome back.

    `space`: 'campaign' or 'statement'. Raises Refused.
    """
    taken = await site.store.campaigns.take_slug(
        space=space, slug=check_slug(slug), campaign_id=campaign_id, statement_id=statement_id
    )
    if taken is None:
        raise Refused(
            N_("The slug “%(slug)s” is taken, or was once: old addresses redirect for ever. Choose another."),
            slug=slug,
        )
