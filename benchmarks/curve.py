"""Lines in a picture: SVG, both axes logarithmic."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 20, 60
# Distinct to the colour-blind too (Okabe and Ito).
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, all above 0."""

    name: str
    points: Sequence[tuple[float, float]]


def draw(lines: Sequence[Line], x_name: str, y_name: str) -> str:
    """Return the picture of some lines, dark on white."""
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    x_axis = _Axis(min(xs), max(xs), _LEFT, _WIDTH - _RIGHT)
    y_axis = _Axis(min(ys), max(ys), _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' font-family="sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for value in x_axis.ticks():
        x = x_axis.place(value)
        parts.append(_segment(x, _TOP, x, _HEIGHT - _BOTTOM))
        parts.append(_text(x, _HEIGHT - _BOTTOM + 20, f"{value:,.0f}", "middle"))
    for value in y_axis.ticks():
        y = y_axis.place(value)
        parts.append(_segment(_LEFT, y, _WIDTH - _RIGHT, y))
        parts.append(_text(_LEFT - 8, y + 4, f"{value:g}", "end"))
    parts.append(_text((_LEFT + _WIDTH) / 2, _HEIGHT - 14, x_name, "middle"))
    parts.append(_text(_LEFT, 14, y_name, "middle"))
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [(x_axis.place(x), y_axis.place(y)) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
        parts.append(_text(_LEFT + 14, _TOP + 20 + 18 * number, line.name, "start", colour))
    return "\n".join([*parts, "</svg>"]) + "\n"


@dataclass(frozen=True, slots=True)
class _Axis:
    """Places values between whole powers of ten."""

    least: float
    most: float
    start: float
    end: float

    def _powers(self) -> tuple[int, int]:
        low = math.floor(math.log10(self.least))
        return low, max(low + 1, math.ceil(math.log10(self.most)))

    def ticks(self) -> list[float]:
        low, high = self._powers()
        return [10.0**power for power in range(low, high + 1)]

    def place(self, value: float) -> float:
        low, high = self._powers()
        return self.start + (self.end - self.start) * (math.log10(value) - low) / (high - low)


def _segment(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#333") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(text)}</text>"
    )
