"""How the checks print what they found, and which exit code they end with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import click

from petitions.commands.running import print_json, say
from petitions.mail.findings import Finding


def tell(findings: Sequence[Finding], *, wants_json: bool = False) -> None:
    """One line each, what it is about in a column of its own."""
    if wants_json:
        print_json([asdict(finding) for finding in findings])
        return
    width = max((len(finding.what) for finding in findings), default=0) + 2
    for finding in findings:
        say(f"{finding.state:6}{finding.what:{max(13, width)}}{finding.sentence}")


def end(findings: Sequence[Finding]) -> None:
    """Exit code 1 where something is wrong."""
    if any(finding.state == "wrong" for finding in findings):
        raise click.exceptions.Exit(1)
