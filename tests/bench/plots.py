"""Line plots as SVG, readable on light and on dark pages."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from .figures import short

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 40, 50
# Distinct for most colour-blind readers, and each line has marks of its own.
COLOURS = ("#1f77b4", "#d95f02", "#1b9e77", "#a44fb0", "#999933", "#cc3355")
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 }
.title { font-size: 14px; font-weight: 600 }
.axis { stroke: #888 } .grid { stroke: #8884 }
.line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } }
"""

type Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Plot:
    """Named lines over one quantity; both axes say their unit."""

    name: str
    title: str
    x_label: str
    y_label: str
    lines: Mapping[str, Points] = field(default_factory=dict)
    is_log: bool = False

    def as_svg(self) -> str:
        """Return the drawing."""
        x_axis = _Axis.over([x for points in self.lines.values() for x, _ in points])
        y_axis = _Axis.over(
            [y for points in self.lines.values() for _, y in points], self.is_log
        )
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
            f' role="img" aria-label="{escape(self.title)}">',
            f"<style>{STYLE}</style>",
            _text(LEFT, 22, self.title, "title"),
            *_draw_axes(x_axis, y_axis),
            _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, self.x_label, "", "middle"),
            f'<g transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">'
            f"{_text(0, 0, self.y_label, '', 'middle')}</g>",
        ]
        for number, (name, points) in enumerate(self.lines.items()):
            parts += _draw_line(number, name, points, x_axis, y_axis)
        return "\n".join([*parts, "</svg>"]) + "\n"


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    ticks: list[float]
    is_log: bool = False

    @classmethod
    def over(cls, values: Sequence[float], is_log: bool = False) -> "_Axis":
        """Return an axis that holds all values, with round ticks."""
        if is_log:
            low = math.floor(math.log10(min(value for value in values if value > 0)))
            high = max(low + 1, math.ceil(math.log10(max(values))))
            ticks = [10.0**power for power in range(low, high + 1)]
            return cls(10.0**low, 10.0**high, ticks, is_log=True)
        top = max([*values, 1e-9])
        step = _round_step(top / 5)
        count = math.ceil(top / step)
        return cls(0, count * step, [n * step for n in range(count + 1)])

    def share(self, value: float) -> float:
        """Return how far along the axis a value lies, from 0 to 1."""
        if self.is_log:
            value = max(value, self.low)
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def x(self, value: float) -> float:
        return LEFT + self.share(value) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - self.share(value) * (HEIGHT - TOP - BOTTOM)


def _round_step(step: float) -> float:
    power = 10 ** math.floor(math.log10(step))
    return float(
        next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= step)
    )


def _draw_axes(x_axis: _Axis, y_axis: _Axis) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [_line(LEFT, TOP, LEFT, bottom), _line(LEFT, bottom, right, bottom)]
    for tick in x_axis.ticks:
        place = x_axis.x(tick)
        parts += [_line(place, bottom, place, bottom + 4)]
        parts += [_text(place, bottom + 18, _number(tick), "", "middle")]
    for tick in y_axis.ticks:
        place = y_axis.y(tick)
        parts += [_line(LEFT, place, right, place, "grid")]
        parts += [_text(LEFT - 6, place + 4, _number(tick), "", "end")]
    return parts


def _draw_line(
    number: int, name: str, points: Points, x_axis: _Axis, y_axis: _Axis
) -> list[str]:
    colour = COLOURS[number % len(COLOURS)]
    places = [(x_axis.x(x), y_axis.y(y)) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashes = "" if number % 2 == 0 else ' stroke-dasharray="6 3"'
    legend = TOP + 10 + 20 * number
    return [
        f'<polyline class="line" points="{path}" stroke="{colour}"{dashes}/>',
        *(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
            for x, y in places
        ),
        f'<path class="line" d="M{WIDTH - RIGHT + 14} {legend}h18" stroke="{colour}"{dashes}/>',
        _text(WIDTH - RIGHT + 38, legend + 4, name),
    ]


def _line(x1: float, y1: float, x2: float, y2: float, kind: str = "axis") -> str:
    places = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line class="{kind}" {places}/>'


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else short(value)
