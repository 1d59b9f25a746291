"""A name server on loopback that knows what a test tells it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Names:
    """`names.add("example.org", "TXT", '"v=spf1 -all"')`; `asked` lists the questions. `silent`: never answers;
    `mute`, `failing`: names that it says nothing of, or SERVFAIL."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.silent = False
        self.mute: list[str] = []
        self.failing: list[str] = []
        self._known: dict[tuple[str, str], list[str]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def add(self, name: str, kind: str, *values: str) -> None:
        self._known.setdefault((name, kind), []).extend(values)

    def text(self, name: str, *values: str) -> None:
        """TXT records; long ones in parts, as they are published."""
        for value in values:
            parts = [value[n : n + 200] for n in range(0, len(value), 200)] or [""]
            self.add(name, "TXT", " ".join(f'"{part}"' for part in parts))

    @contextmanager
    def answering(self) -> Iterator[Names]:
        thread = threading.Thread(target=self._answer, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._socket.sendto(b"", self._socket.getsockname())
            thread.join()
            self._socket.close()

    def _answer(self) -> None:
        while True:
            data, peer = self._socket.recvfrom(4096)
            if not data:
                return
            question = dns.message.from_wire(data)
            if not self.silent and question.question[0].name.to_text(omit_final_dot=True) not in self.mute:
                self._socket.sendto(self._answered(question).to_wire(max_size=65000), peer)

    def _answered(self, question: dns.message.Message) -> dns.message.Message:
        asked = question.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append(f"{name} {kind}")
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        if values := self._known.get((name, kind)):
            answer.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", kind, values))
        elif name in self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif not any(known == name for known, _ in self._known):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer
