"""Comments: what signatories wrote, judged by organisers before anybody else sees it.

The words stay with the signature (`answers`), so that erasing it erases them; a row of `comments` says what was judged,
by a digest of the words: other words wait again. The database keeps these rows itself, whoever moves a signature
(schema.sql: keep_comment), and says once what is public (public_comments).
"""

from petitions.errors import N_

LABELS = {"waiting": N_("waiting"), "approved": N_("shown"), "declined": N_("not shown")}
"""The states, as organisers and the signatory read them."""
