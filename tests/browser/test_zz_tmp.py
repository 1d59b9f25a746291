from tests.browser.test_pages import *
from tests.browser import test_pages as tp
import pathlib, time
async def test_desk(chromium, demonstration):
    site = demonstration
    way_in = await organisers.way_in(site, actor=makers.ACTOR)
    async def settle(): await work_once(site)
    watched = {}
    out = []
    from tests.browser import chromium as chrome
    import re
    pathlib.Path("/tmp/plan/desk_shots").mkdir(exist_ok=True)
    also = await tp._beside(site)
    began = time.monotonic()
    met = set()
    async for stop in tour_desk.tour(chromium, site.settings.base_url, STATEMENT, way_in, settle, also):
        if stop.page.context not in watched:
            watched[stop.page.context] = judge.Watch(stop.page.context, site.settings.base_url)
        path = urlsplit(stop.page.url).path
        met.add(tp._route(path))
        f, a, s = await judge.facts(stop.page), await judge.axe(stop.page, tp.DESK_LOOKS), await judge.sideways(stop.page)
        bad = []
        if a: bad.append(a)
        if s: bad.append(s)
        if f["headings"] != 1 or f["inline"] or f["title"].startswith("Error: ") != bool(f["alerts"]) or f["lang"] != "en": bad.append(f)
        if bad: out.append((stop.name, path, bad))
        name = re.sub(r"\W+", "-", stop.name)
        for w, sch in tp.DESK_LOOKS:
            await chrome.look(stop.page, w, sch)
            await stop.page.screenshot(path=f"/tmp/plan/desk_shots/{name}-{w}.png")
    print("TOOK", time.monotonic() - began)
    for o in out: print("BAD", str(o)[:700])
    for w in watched.values(): print("WATCH", w.complaints[:5], w.elsewhere[:5])
    pages = {route.name for route in routes() if "GET" in (route.methods or ())} - NO_PAGES
    print("UNMET", sorted(one for one in pages - met if "desk" in one or one in ("reconsent","report","reported","history","comments")))
    assert 0
for n in list(globals()):
    if n.startswith("test_") and n != "test_desk": del globals()[n]
