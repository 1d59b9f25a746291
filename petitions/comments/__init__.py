"""Comments: what signatories wrote, judged by organisers before anybody else sees it.

The words stay with the signature (`answers`), so that erasing it erases them; a row of `comments` says what was judged,
by a digest of the words: other words wait again. Public is what stands, was approved, and whose name is shown.
"""
