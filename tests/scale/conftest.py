"""What the tests of this folder share: the pooler, and processes of the site."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from petitions.storage.embedded import Embedded
from tests.scale.pooler import Pooler, pooler_of


@pytest.fixture(scope="session")
def pooler(server: Embedded) -> Iterator[Pooler]:
    with pooler_of(server) as pooler:
        yield pooler
