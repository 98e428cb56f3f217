"""Stacked bars as SVG: where the time of something goes."""

from collections.abc import Mapping
from html import escape

_COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#a463f2", "#9c6b4e")
_WIDTH = 760
_LABEL = 170  # of which a row's label takes so many


def bar(title: str, parts: Mapping[str, float], unit: str) -> str:
    """The picture, readable on light and dark ground."""
    total = sum(parts.values())
    ordered = sorted(parts.items(), key=lambda part: -part[1])
    x, boxes, legend = 0.0, [], []
    for number, (name, value) in enumerate(ordered):
        colour = _COLOURS[number % len(_COLOURS)]
        width = value / total * _WIDTH
        boxes.append(
            f'<rect x="{x + 20:.1f}" y="44" width="{width:.1f}" height="42" fill="{colour}"/>'
        )
        y = 112 + number * 22
        share = f"{value:,.0f} {unit} ({value / total:.0%})"
        legend.append(
            f'<rect x="20" y="{y - 11}" width="13" height="13" fill="{colour}"/>'
            f'<text x="42" y="{y}">{escape(name)}: {share}</text>'
        )
        x += width
    return _picture(title, 120 + len(ordered) * 22, boxes + legend)


def bars(title: str, rows: Mapping[str, Mapping[str, float]], unit: str) -> str:
    """Several bars on one scale, each with its label and its sum."""
    longest = max(sum(parts.values()) for parts in rows.values())
    names = list(dict.fromkeys(part for parts in rows.values() for part in parts))
    shapes = []
    for number, (label, parts) in enumerate(rows.items()):
        x, y = float(_LABEL), 44 + number * 34
        shapes.append(f'<text x="20" y="{y + 18}">{escape(label)}</text>')
        for part, colour in zip(names, _COLOURS, strict=False):
            width = parts.get(part, 0.0) / longest * (_WIDTH - _LABEL - 70)
            shapes.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="26" fill="{colour}"/>'
            )
            x += width
        total = f"{sum(parts.values()):,.1f} {unit}"
        shapes.append(f'<text x="{x + 8:.1f}" y="{y + 18}">{total}</text>')
    y = 44 + len(rows) * 34 + 22
    for number, (part, colour) in enumerate(zip(names, _COLOURS, strict=False)):
        left, at = 20 + number % 3 * 255, y + number // 3 * 22
        shapes.append(
            f'<rect x="{left}" y="{at - 11}" width="13" height="13" fill="{colour}"/>'
            f'<text x="{left + 22}" y="{at}">{escape(part)}</text>'
        )
    return _picture(title, y + 20 + (len(names) - 1) // 3 * 22, shapes)


def _picture(title: str, height: int, shapes: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height}" width="800" '
        f'font-family="system-ui, sans-serif" font-size="14">'
        f'<rect width="800" height="{height}" fill="#ffffff" rx="8"/>'
        f'<text x="20" y="28" font-size="16" font-weight="600">{escape(title)}</text>'
        + "".join(shapes)
        + "</svg>\n"
    )
