"""Charts as shapes: where each bar of a picture stands. The templates draw them (desk/_chart.html)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

STEP, HEIGHT = 10, 100
"""Units of a picture: the width of a step, and its whole height."""


class Bar(NamedTuple):
    """A rectangle, and the number of its step."""

    x: float
    y: float
    width: float
    height: float
    nth: int


class Columns(NamedTuple):
    """Filled bars, and outlined ones around them of a second number. `most`, `least`: the ends of the scale."""

    width: int
    zero: float
    filled: list[Bar]
    outlined: list[Bar]
    most: int
    least: int


def columns(filled: Sequence[int], outlined: Sequence[int] = ()) -> Columns:
    """A step each; what is below nothing hangs below the line."""
    most, least = max(0, *filled, *outlined), min(0, *filled, *outlined)
    scale = HEIGHT / ((most - least) or 1)
    zero = most * scale if most > least else float(HEIGHT)

    def bars(values: Sequence[int], margin: float) -> list[Bar]:
        return [
            Bar(
                nth * STEP + margin,
                round(zero - max(value, 0) * scale, 2),
                STEP - 2 * margin,
                round(abs(value) * scale, 2),
                nth,
            )
            for nth, value in enumerate(values)
            if value
        ]

    return Columns(len(filled) * STEP, round(zero, 2), bars(filled, 1.5), bars(outlined, 0.5), most, least)


def share(value: int, most: int) -> float:
    """How far a bar reaches to the right, of 100."""
    return round(100 * value / most, 2) if most > 0 else 0.0
