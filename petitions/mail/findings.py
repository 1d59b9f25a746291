"""What a check found, for `petitions check`, `petitions mail check` and `petitions setup`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "weak", "wrong"]


@dataclass(frozen=True)
class Finding:
    """`state`: ok, weak (works; better can be done) or wrong. `sentence`: what is there, or what to do."""

    what: str
    state: State
    sentence: str
