"""Run the bodies' part alone."""
import pytest
from tests.test_pseudo_locale import *
from tests.test_pseudo_locale import english, hard_coded
del test_every_sentence_of_every_page_and_letter_is_translated
async def test_bodies(tour):
    await bodies(tour)
    await officers(tour)
    if tour.language == PSEUDO:
        found = {what: hard_coded(page) for what, page in tour.seen}
    else:
        found = {}
    bad = {what: pieces for what, pieces in found.items() if pieces}
    import json, pathlib
    pathlib.Path('/tmp/seen.json').write_text(json.dumps(tour.seen))
    for w, p in bad.items(): print("BAD", w, p)
    print("UNSEEN", sorted(t for t in unseen_templates(tour) if t.startswith(("endorsements","motions","my"))))
    assert not bad
