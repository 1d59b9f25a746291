"""Where somebody came from: the code of a link (`?from=`), or the host of the site that linked here, as `site:<host>`.

The host is all that is kept: no page, no path, nothing that was searched for. The public never sees either.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from petitions.site import Site

SITE = "site:"
LONGEST = 100  # characters of a host
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
# With a dot and a word at its end: no addresses of machines, and no names that mean something in one house alone.
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?![0-9]+$){_LABEL}")


def plain_host(text: str) -> str:
    """A host's name in small letters, without "www."; "" where the text is anything else."""
    host = text.strip().lower().removeprefix("www.")
    return host if len(host) <= LONGEST and _HOST.fullmatch(host) else ""


def of_host(site: Site, text: str) -> str | None:
    """The source of who came by a link on that host; None: it is this site, or no host."""
    host, own = plain_host(text), urlsplit(site.settings.base_url).hostname or ""
    return f"{SITE}{host}" if host and host != plain_host(own) else None
