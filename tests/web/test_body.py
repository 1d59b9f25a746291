"""Whatever is sent to a form gets an answer that says why, and never a 500."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

URLENCODED = "application/x-www-form-urlencoded"
BOUNDARY = "an-example"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def part(name: str, value: str, more: str = "") -> str:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'


END = f"--{BOUNDARY}--\r\n"

GOOD: list[tuple[str, str | bytes, list[list[str]]]] = [
    (URLENCODED, "", []),
    (URLENCODED, "a=1&b=2&a=3", [["a", "1"], ["b", "2"], ["a", "3"]]),
    (URLENCODED, "a=J%C3%BCrgen+M", [["a", "Jürgen M"]]),
    (URLENCODED, "a=Jürgen".encode(), [["a", "Jürgen"]]),
    (URLENCODED, "a=1=2&b&c=&=d", [["a", "1=2"], ["b", ""], ["c", ""], ["", "d"]]),
    (URLENCODED, "&a=1&&b=2&" + "&" * 200, [["a", "1"], ["b", "2"]]),
    (URLENCODED, "a=%zz%", [["a", "%zz%"]]),
    (URLENCODED, "a=one%0D%0Atwo%0Dthree", [["a", "one\ntwo\nthree"]]),
    (f"{URLENCODED}; charset=UTF-8", "a=1", [["a", "1"]]),
    (MULTIPART, part("a", "Jürgen") + part("a", "2") + END, [["a", "Jürgen"], ["a", "2"]]),
    (MULTIPART, END, []),
]


@pytest.mark.parametrize(("kind", "body", "fields"), GOOD)
async def test_a_form_is_read_in_order(
    web: httpx.AsyncClient, kind: str, body: str | bytes, fields: list[list[str]]
) -> None:
    answer = await web.post("/form", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()) == (200, fields)


BAD: dict[str, tuple[str, str | bytes, int]] = {
    "a null byte": (URLENCODED, "name=Ada%00Example", 400),
    "a null byte in a name": (URLENCODED, "na%00me=Ada", 400),
    "a raw null byte": (URLENCODED, b"name=Ada\0", 400),
    "no UTF-8": (URLENCODED, "name=%ff%fe", 400),
    "a surrogate": (URLENCODED, "name=%ed%a0%80", 400),
    "raw bytes that are no UTF-8": (URLENCODED, b"name=\xff", 400),
    "a field over 20 KB": (URLENCODED, "name=" + "x" * 20481, 413),
    "a field name of many characters": (URLENCODED, "x" * 1000 + "=1", 413),
    "10,000 fields": (URLENCODED, "&".join("a" for _ in range(10_000)), 413),
    "1 MB": (URLENCODED, "name=" + "x" * 1_000_000, 413),
    "JSON": ("application/json", "{}", 415),
    "text": ("text/plain", "name=Ada", 415),
    "nothing said": ("", "name=Ada", 415),
    "an odd type": (";;;===", "name=Ada", 415),
    "multipart without boundary": ("multipart/form-data", "x", 400),
    "multipart with an empty boundary": ("multipart/form-data; boundary=", "x", 400),
    "multipart with a huge boundary": (f"multipart/form-data; boundary={'x' * 5000}", "x", 400),
    "multipart that is none": (MULTIPART, "nothing of the kind", 400),
    "multipart without an end": (MULTIPART, part("a", "1"), 400),
    "multipart without a name": (MULTIPART, f"--{BOUNDARY}\r\nX: y\r\n\r\nz\r\n{END}", 400),
    "multipart with an unreadable header": (MULTIPART, f"--{BOUNDARY}\r\n: :\r\n\r\nz\r\n{END}", 400),
    "a file": (MULTIPART, part("a", "1", '; filename="a.txt"') + END, 400),
    "multipart with a null byte": (MULTIPART, part("a", "\0") + END, 400),
    "multipart that is no UTF-8": (MULTIPART, part("a", "ä").encode("latin-1") + END.encode(), 400),
    "10,000 parts": (MULTIPART, part("a", "")[:60] * 10_000, 413),
}


@pytest.mark.parametrize("what", BAD)
async def test_what_is_no_form_is_refused_with_a_reason(web: httpx.AsyncClient, what: str) -> None:
    kind, body, status = BAD[what]
    answer = await web.post("/form", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert "<h1" in answer.text


async def test_more_than_100_fields_are_too_many(web: httpx.AsyncClient) -> None:
    fields = "&".join(f"f{n}=1" for n in range(100))
    assert (await web.post("/form", content=fields, headers={"Content-Type": URLENCODED})).status_code == 200
    assert (
        await web.post("/form", content=fields + "&one=more", headers={"Content-Type": URLENCODED})
    ).status_code == 413


@pytest.mark.parametrize("length", ["65537", "99999999999999999999999", "-1", "many", "1e3", "²"])
async def test_a_length_that_is_too_long_or_none_is_refused_unread(
    web: httpx.AsyncClient, length: str
) -> None:
    headers = {"Content-Type": URLENCODED, "Content-Length": length.encode("latin-1")}
    request = web.build_request("POST", "/form", content=b"a=1")
    request.headers = httpx.Headers(
        [
            *web.headers.raw,
            *((k.encode(), v if isinstance(v, bytes) else v.encode()) for k, v in headers.items()),
            (b"host", b"localhost:8000"),
        ]
    )
    answer = await web.send(request)
    assert answer.status_code == (413 if length.isascii() and length.isdigit() else 400)


@given(st.binary(max_size=300), st.sampled_from([URLENCODED, MULTIPART]))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_bytes_at_all_make_it_fail(body: bytes, kind: str) -> None:
    from starlette.requests import Request

    from petitions.errors import PetitionsError
    from petitions.web.body import read_form

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    request = Request(
        {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}, receive
    )
    reading = read_form(request)
    fields: list[tuple[str, str]] = []
    try:
        reading.send(None)
    except StopIteration as done:
        fields = done.value
    except PetitionsError:
        pass
    finally:
        reading.close()
    assert all(isinstance(text, str) and "\0" not in text for pair in fields for text in pair)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/my?from=a%00b", 400),
        ("/a%00b", 400),
        ("/" + "a" * 5000, 414),
        ("/my?" + "a" * 5000, 414),
        ("/%ff%fe", 404),
        ("/my/%0d%0aSet-Cookie:%20a=b", 404),
        ("//evil.example.org/", 404),
        ("/my/", 404),
    ],
)
async def test_odd_addresses(web: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await web.send(web.build_request("GET", f"http://localhost:8000{path}"))
    assert answer.status_code == status
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "path", ["https://evil.example.org", "//evil.example.org", "/\\evil.example.org", "my"]
)
def test_redirects_stay_on_this_site(path: str) -> None:
    from petitions.web.page import redirect

    with pytest.raises(ValueError, match="only paths"):
        redirect(path)


def test_no_header_can_be_injected_by_a_redirect() -> None:
    from petitions.web.page import redirect

    assert "\r" not in redirect("/my?a=\r\nSet-Cookie: a=b").headers["location"]
