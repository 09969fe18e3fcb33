"""Pictures of what the demo company sells, drawn here: no file has to be shipped and nobody's photo is used."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

from PIL import Image, ImageDraw
from PIL.Image import Resampling

SIDE = 480
"""Pixels of a picture's side."""
FINE = 2
"""Times larger it is drawn, so that its edges come out smooth."""
INK, STEEL, LIGHT, PALE, WATER, LEATHER, AMBER = (
    "#22303a", "#6c7a86", "#c3ccd3", "#eef2f4", "#0b647f", "#8a5a3a", "#d99a2b",
)  # fmt: skip
Box = tuple[float, float, float, float]


class _Sheet:
    """A square of 100 by 100 to draw on, whatever its pixels are."""

    def __init__(self, ground: str) -> None:
        self.image = Image.new("RGB", (SIDE * FINE, SIDE * FINE), ground)
        self._draw = ImageDraw.Draw(self.image)

    def _at(self, *numbers: float) -> list[float]:
        return [each * SIDE * FINE / 100 for each in numbers]

    def plate(self, box: Box, colour: str, *, round_: float = 3) -> None:
        """A rectangle with round corners."""
        self._draw.rounded_rectangle(self._at(*box), self._at(round_)[0], fill=colour)

    def disc(self, box: Box, colour: str) -> None:
        """An ellipse."""
        self._draw.ellipse(self._at(*box), fill=colour)

    def bow(self, box: Box, begins: float, ends: float, colour: str, width: float) -> None:
        """A part of an ellipse's line, in degrees clockwise from the right."""
        self._draw.arc(self._at(*box), begins, ends, fill=colour, width=round(self._at(width)[0]))

    def rod(self, points: Sequence[float], colour: str, width: float) -> None:
        """A line from point to point."""
        self._draw.line(self._at(*points), fill=colour, width=round(self._at(width)[0]), joint="curve")

    def shape(self, points: Sequence[float], colour: str) -> None:
        """A polygon."""
        self._draw.polygon(self._at(*points), fill=colour)

    def png(self) -> bytes:
        """The picture."""
        stream = io.BytesIO()
        self.image.resize((SIDE, SIDE), Resampling.LANCZOS).save(stream, "PNG")
        return stream.getvalue()


def _strap(on: _Sheet) -> None:
    on.bow((14, 20, 86, 96), 180, 360, LEATHER, 9)
    on.bow((17, 23, 83, 93), 180, 360, AMBER, 0.7)
    for left in (14, 77):
        on.plate((left - 1, 56, left + 10, 66), STEEL, round_=2)
        on.plate((left + 2, 64, left + 7, 82), INK, round_=1)


def _case(on: _Sheet) -> None:
    on.bow((36, 16, 64, 42), 180, 360, INK, 4)
    on.plate((12, 28, 88, 82), INK, round_=6)
    on.plate((12, 52, 88, 55), STEEL, round_=0)
    for left in (26, 66):
        on.plate((left, 47, left + 8, 60), LIGHT, round_=1.5)
    on.plate((42, 64, 58, 72), WATER, round_=1.5)


def _case_open(on: _Sheet) -> None:
    on.plate((14, 10, 86, 48), INK, round_=6)
    on.plate((19, 15, 81, 44), STEEL, round_=4)
    on.plate((14, 50, 86, 90), INK, round_=6)
    on.plate((19, 54, 81, 86), LIGHT, round_=4)
    on.disc((26, 58, 52, 82), STEEL)
    on.plate((58, 60, 76, 80), STEEL, round_=2)


def _card(on: _Sheet) -> None:
    on.shape((24, 12, 64, 12, 76, 26, 76, 88, 24, 88), INK)
    for left in range(29, 62, 6):
        on.plate((left, 17, left + 3.5, 29), AMBER, round_=0.5)
    on.plate((30, 42, 70, 78), WATER, round_=2)
    for top, right in ((48, 60), (56, 52)):
        on.plate((35, top, right, top + 4), PALE, round_=1)


def _cable(on: _Sheet) -> None:
    on.bow((18, 22, 82, 86), 120, 420, INK, 4)
    on.bow((27, 28, 73, 74), 0, 360, STEEL, 4)
    for left in (26, 62):
        on.plate((left, 72, left + 12, 88), INK, round_=2)
        on.plate((left + 2.5, 86, left + 9.5, 95), STEEL, round_=1)


def _cloth(on: _Sheet) -> None:
    on.shape((50, 12, 90, 50, 50, 88, 10, 50), WATER)
    on.shape((50, 12, 90, 50, 56, 44), "#0e7c9d")
    on.rod((20, 50, 50, 79, 80, 50), "#7fb6c6", 0.8)


def _film(on: _Sheet) -> None:
    on.plate((22, 10, 62, 88), INK, round_=6)
    on.plate((25, 14, 59, 84), WATER, round_=3)
    on.plate((36, 14, 80, 90), "#d5e7ed", round_=6)
    on.shape((46, 22, 54, 22, 44, 52, 44, 40), "#ffffff")


def _power(on: _Sheet) -> None:
    on.plate((28, 10, 72, 90), INK, round_=8)
    on.plate((31, 13, 69, 87), "#2d3e4a", round_=6)
    on.shape((53, 30, 40, 54, 49, 54, 46, 72, 60, 47, 51, 47), AMBER)
    for left in (39, 45.5, 52):
        on.disc((left, 78, left + 3.5, 81.5), PALE)
    on.disc((58.5, 78, 62, 81.5), STEEL)


def _power_top(on: _Sheet) -> None:
    on.plate((12, 36, 88, 66), INK, round_=8)
    for left in (24, 58):
        on.plate((left, 46, left + 18, 56), LIGHT, round_=1)
        on.plate((left + 2, 50, left + 16, 53), STEEL, round_=0)
    on.plate((46, 47, 54, 55), STEEL, round_=4)


def _tripod(on: _Sheet) -> None:
    for foot in (20, 50, 80):
        on.rod((50, 48, foot, 88), STEEL, 4.5)
        on.disc((foot - 4, 85, foot + 4, 93), INK)
    on.disc((40, 32, 60, 52), INK)
    on.rod((58, 42, 84, 50), INK, 3)
    on.plate((34, 22, 66, 32), WATER, round_=2)
    on.plate((47, 14, 53, 22), LIGHT, round_=1)


def _screen(on: _Sheet) -> None:
    on.plate((27, 8, 73, 92), INK, round_=8)
    on.plate((30, 11, 70, 89), "#3a4f5d", round_=6)
    on.plate((43, 14, 57, 18), INK, round_=2)
    on.shape((36, 24, 52, 24, 36, 62), STEEL)


def _ring(on: _Sheet) -> None:
    on.disc((14, 14, 86, 86), STEEL)
    on.disc((20, 20, 80, 80), LIGHT)
    on.disc((28, 28, 72, 72), PALE)
    for left, top in ((48, 16), (48, 81), (16, 48), (81, 48)):
        on.disc((left, top, left + 4, top + 4), INK)


DRAWN: Mapping[str, tuple[Callable[[_Sheet], None], ...]] = {
    "G-STRAP": (_strap,), "G-CASE": (_case, _case_open), "G-SD128": (_card,), "G-CABLE": (_cable,),
    "G-CLOTH": (_cloth,), "G-FILM": (_film,), "G-POWER": (_power, _power_top), "G-TRIPOD": (_tripod,),
    "IP-SCR13": (_screen,), "CG2-4410": (_ring,),
}  # fmt: skip


def pictures(code: str) -> list[tuple[str, bytes]]:
    """(file name, PNG) of what a code sells, the main one first; none for most."""
    found = []
    for place, draw in enumerate(DRAWN.get(code, ()), start=1):
        sheet = _Sheet(PALE)
        draw(sheet)
        found.append((f"{code.lower()}-{place}.png", sheet.png()))
    return found
