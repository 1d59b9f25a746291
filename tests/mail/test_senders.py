"""SPF, DKIM and DMARC, looked up at a name server on loopback."""

from __future__ import annotations

import base64
import subprocess
import time
from collections.abc import Iterator

import pytest

from petitions.mail import senders
from petitions.mail.findings import Finding
from petitions.mail.senders import dkim, dmarc, spf
from petitions.mail.senders.records import NoNameServer, Records
from tests.mail.names import Names


@pytest.fixture
def names() -> Iterator[Names]:
    with Names().answering() as names:
        names.add("mail.example.org", "A", "192.0.2.10")
        names.add("mail.example.org", "AAAA", "2001:db8::10")
        yield names


@pytest.fixture
def records(names: Names) -> Records:
    return Records(names.address)


def said(findings: list[Finding]) -> str:
    return " | ".join(f"{one.state}: {one.sentence}" for one in findings)


async def spf_of(names: Names, record: str, server: str = "mail.example.org") -> str:
    names.text("example.org", record)
    return said(await spf.check(Records(names.address), "example.org", server))


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
        "v=spf1 ip4:192.0.2.10 ip6:2001:db8:0:0::10 ~all",
        "v=spf1 a:mail.example.org -all",
        "v=spf1 a:mail.example.org/28//64 -all",
        "V=SPF1 mx -all",
        "v=spf1 MX:example.org/24//48 ~all",
        "v=spf1 include:_spf.provider.example -all",
        "v=spf1 redirect=_spf.provider.example",
        "v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all",
        "v=spf1 ?include:nobody.provider.example a:%{l}.mail.example.org mx -all",
    ],
)
async def test_a_record_that_names_the_mail_server_is_ok(names: Names, record: str) -> None:
    names.add("example.org", "MX", "10 mail.example.org.")
    names.text("_spf.provider.example", "v=spf1 a:mail.example.org -all")
    names.text("nobody.provider.example", "v=spf1 -all")
    names.add("10.2.0.192.in-addr._spf.example.org", "A", "127.0.0.2")
    reversed6 = ".".join(reversed("20010db8000000000000000000000010"))
    names.add(f"{reversed6}.ip6._spf.example.org", "A", "127.0.0.2")
    found = await spf_of(names, record)
    assert found.count("ok:") == 2, found


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ("v=spf1 ip4:198.51.100.0/24 -all", "weak: It does not name 192.0.2.10"),
        ("v=spf1 a:mail.example.org +all", "wrong: It ends in +all"),
        ("v=spf1 include:all.example -all", "wrong: It ends in +all"),
        ("v=spf1 a:mail.example.org ?all", "weak: It does not end in -all"),
        ("v=spf1 a:mail.example.org", "weak: It does not end in -all"),
        ("v=spf1 ip4:192.0.2.300 -all", "wrong: “192.0.2.300” in the record of example.org is no address"),
        (
            "v=spf1 ipv4:192.0.2.1 -all",
            "wrong: “ipv4:192.0.2.1” in the record of example.org is no mechanism",
        ),
        ("v=spf1 include -all", "wrong: “include” in the record of example.org names nothing"),
        ("v=spf1 include:missing.example -all", "wrong: The record of example.org includes missing.example"),
        ("v=spf1 redirect=missing.example", "wrong: The record of example.org redirects to missing.example"),
        ("v=spf1 include:example.org -all", "wrong: It needs more than 10 lookups"),
        ("v=spf1 " + "a:mail.example.org " * 11 + "-all", "wrong: It needs more than 10 lookups"),
        ("v=spf1 a:x.example a:y.example a:z.example -all", "wrong: More than 2 names in it lead nowhere"),
        ("v=spf10 -all", "wrong: There is no record. Add example.org  TXT"),
    ],
)
async def test_a_record_that_is_wrong_says_how(names: Names, record: str, sentence: str) -> None:
    names.text("all.example", "v=spf1 +all")
    assert sentence in await spf_of(names, record)


async def test_ten_lookups_are_not_too_many(names: Names) -> None:
    found = await spf_of(names, "v=spf1 " + "a:mail.example.org " * 10 + "-all")
    assert "10 of 10 lookups" in found
    assert "wrong" not in found


async def test_two_records_are_none(names: Names) -> None:
    names.text("example.org", "v=spf1 mx -all")
    assert "2 records" in await spf_of(names, "v=spf1 a -all")


async def test_without_a_record_one_is_proposed(records: Records) -> None:
    found = await spf.check(records, "example.org", "mail.example.org")
    assert 'example.org  TXT  "v=spf1 a:mail.example.org ~all"' in found[0].sentence


def rsa(bits: int) -> str:
    made = subprocess.run(["openssl", "genrsa", str(bits)], capture_output=True, check=True).stdout
    line = ["openssl", "rsa", "-pubout", "-outform", "DER"]
    return base64.b64encode(subprocess.run(line, input=made, capture_output=True, check=True).stdout).decode()


@pytest.mark.parametrize(("bits", "state"), [(512, "wrong"), (1024, "weak"), (2048, "ok"), (3072, "ok")])
async def test_a_key_is_judged_by_its_length(names: Names, records: Records, bits: int, state: str) -> None:
    names.text("x._domainkey.example.org", f"v=DKIM1; k=rsa; p={rsa(bits)}")
    found = await dkim.check(records, "example.org", ["x"])
    assert (found[0].state, f"{bits} bits" in found[0].sentence) == (state, True)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ("v=DKIM1; p=", "wrong: The key at x._domainkey.example.org is revoked"),
        ("v=DKIM1; p=abc", "wrong: The key at x._domainkey.example.org is damaged"),
        ("v=DKIM1; p=AAAA", "wrong: The key at x._domainkey.example.org is damaged"),
        ("k=ed25519; p=" + base64.b64encode(b"x" * 32).decode(), "ok: A key at"),
        ("v=DKIM1; k=ed25519; t=y:s; p=" + base64.b64encode(b"x" * 32).decode(), "weak: The key at"),
        ("v=spf1 -all", "wrong: There is no key at x._domainkey.example.org"),
    ],
)
async def test_a_key_says_what_is_wrong_with_it(
    names: Names, records: Records, record: str, sentence: str
) -> None:
    names.text("x._domainkey.example.org", record)
    assert sentence in said(await dkim.check(records, "example.org", ["x"]))


async def test_usual_selectors_are_tried_and_an_unusual_one_is_asked_for(
    names: Names, records: Records
) -> None:
    assert "--selector NAME" in said(await dkim.check(records, "example.org", []))
    names.add("k2._domainkey.example.org", "CNAME", "k2.provider.example.")
    names.text("s2._domainkey.example.org", "v=DKIM1; p=")
    assert "s2._domainkey" in said(await dkim.check(records, "example.org", []))


@pytest.mark.parametrize(
    ("place", "record", "sentence"),
    [
        ("_dmarc.news.example.org", "v=DMARC1; p=reject", "ok: Policy reject."),
        ("_dmarc.news.example.org", "v=DMARC1;p=none;rua=mailto:x@example.org", "weak: Policy none"),
        ("_dmarc.example.org", "v=DMARC1; p=quarantine", "ok: Policy quarantine, inherited from example.org"),
        ("_dmarc.example.org", "v=DMARC1; p=reject; sp=none", "weak: Policy none, inherited"),
        ("_dmarc.news.example.org", "v=DMARC1; pct=100", "wrong: The record at _dmarc.news.example.org"),
        ("_dmarc.org", "v=DMARC1; p=reject", "wrong: There is no record. Add _dmarc.news.example.org  TXT"),
        ("_dmarc.example.org", "v=DMARC1; p=reject; psd=y", "wrong: There is no record."),
    ],
)
async def test_a_policy_is_found_or_proposed(
    names: Names, records: Records, place: str, record: str, sentence: str
) -> None:
    names.text(place, record)
    assert sentence in said(await dmarc.check(records, "news.example.org", "x@example.org"))


async def test_two_policies_are_none(names: Names, records: Records) -> None:
    names.text("_dmarc.example.org", "v=DMARC1; p=none", "v=DMARC1; p=reject")
    assert "2 records" in said(await dmarc.check(records, "example.org", "x@example.org"))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("10 mail.example.org.", "ok: Mail to it goes to mail.example.org"),
        ("0 .", "wrong: It says that it takes"),
    ],
)
async def test_a_sender_has_to_be_able_to_get_mail(names: Names, value: str, sentence: str) -> None:
    names.add("example.org", "MX", value)
    found = await senders.check(Records(names.address), "example.org", "", [], "x@example.org")
    assert sentence in said(found)


async def test_a_domain_in_another_script_is_asked_for_in_ascii(names: Names, records: Records) -> None:
    await senders.check(records, "bücher.example", "", [], "x@example.org")
    assert "xn--bcher-kva.example MX" in names.asked


async def test_a_name_server_that_says_nothing_is_not_waited_for_long(names: Names, records: Records) -> None:
    names.silent = True
    records._resolver.lifetime = 0.3
    began = time.monotonic()
    with pytest.raises(NoNameServer):
        await records.texts("example.org")
    with pytest.raises(NoNameServer):
        await senders.check(records, "example.org", "mail.example.org", [], "x@example.org")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("how", ["failing", "mute"])
async def test_one_name_that_nobody_knows_of_spoils_no_other_line(
    names: Names, records: Records, how: str
) -> None:
    getattr(names, how).append("broken.example")
    getattr(names, how).append("dkim._domainkey.example.org")
    records._resolver.lifetime = 0.5
    names.add("example.org", "MX", "10 mail.example.org.")
    names.text("example.org", "v=spf1 include:broken.example mx -all")
    names.text("k2._domainkey.example.org", f"v=DKIM1; p={rsa(2048)}")
    names.text("_dmarc.example.org", "v=DMARC1; p=reject")
    found = await senders.check(records, "example.org", "mail.example.org", [], "x@example.org")
    assert [(one.what.split()[1], one.state) for one in found] == [
        ("MX", "ok"), ("SPF", "wrong"), ("DKIM", "ok"), ("DMARC", "ok"),
    ]  # fmt: skip
    assert "The name servers of broken.example " in found[1].sentence
    named = await senders.check(records, "example.org", "", ["dkim", "k2"], "x@example.org")
    assert [one.state for one in named if one.what.endswith("DKIM")] == ["wrong", "ok"]


@pytest.mark.parametrize("selector", ["a\\999", "a..b", "x" * 70, "ü", "a b", ".", "a\\"])
async def test_a_selector_that_is_none_has_no_key(names: Names, records: Records, selector: str) -> None:
    assert "There is no key at" in said(await dkim.check(records, "example.org", [selector]))


@pytest.mark.parametrize("lengths", ["/33", "/40//64", "/24//129", "//200"])
async def test_a_length_that_no_network_has_is_told(names: Names, lengths: str) -> None:
    for server in ("mail.example.org", "192.0.2.10"):
        found = await spf_of(names, f"v=spf1 a:mail.example.org{lengths} -all", server)
        assert f"wrong: “{lengths}” is no length of a network." in found


@pytest.mark.parametrize(
    ("server", "term"), [("192.0.2.10", "ip4:192.0.2.10"), ("2001:db8::1", "ip6:2001:db8::1")]
)
async def test_a_server_without_a_name_is_proposed_by_its_address(
    names: Names, records: Records, server: str, term: str
) -> None:
    assert f'"v=spf1 {term} ~all"' in said(await spf.check(records, "example.org", server))
    assert f"else add {term}," in await spf_of(names, "v=spf1 ip4:198.51.100.1 -all", server)


async def test_of_the_usual_selectors_the_best_key_counts(names: Names, records: Records) -> None:
    names.text("default._domainkey.example.org", "v=DKIM1; p=")
    names.text("mail._domainkey.example.org", f"v=DKIM1; p={rsa(1024)}")
    assert "weak: The key at mail._domainkey" in said(await dkim.check(records, "example.org", []))
    names.text("selector1._domainkey.example.org", f"v=DKIM1; p={rsa(2048)}")
    assert said(await dkim.check(records, "example.org", [])).startswith("ok: A key at selector1._domainkey")
