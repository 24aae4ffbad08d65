"""One HTML file around figures: nothing is fetched, no script, light and dark, wide and narrow.

Each picture is laid out twice, and the style sheet shows the one that fits its place, so that
words keep their size on a phone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

from ostinato.figures import ticks, vector
from ostinato.figures.base import NOTEBOOKS, Figure
from ostinato.figures.colours import palette, tint
from ostinato.figures.kinds import Column, Lines, Table, TintedText
from ostinato.figures.layout import NOTHING, lay_out
from ostinato.figures.layout.table import numeric, written
from ostinato.figures.layout.tinted import class_colours, shades, visible
from ostinato.figures.words import clean, right_to_left

WIDE, NARROW = 720, 340
MOST_ROWS = 200  # of the numbers behind a picture


def _variables(theme: str) -> str:
    return " ".join(f"--o-{name}:{value};" for name, value in palette(theme).items())


_FIGURE = f"""
.o-figure {{ container-type: inline-size; margin: 0; min-width: 0; color: var(--o-ink);
  font: 15px/1.5 {vector.FONT}; }}
.o-figure + .o-figure {{ margin-top: 30px; }}
.pair > .o-figure + .o-figure {{ margin-top: 0; }}
.o-figure figcaption {{ margin: 0 0 10px; color: var(--o-soft); }}
.o-figure figcaption b {{ display: block; color: var(--o-ink); font-size: 16px; }}
.o-figure svg {{ display: block; width: 100%; height: auto; }}
.o-figure .o-wide {{ max-width: 860px; }}
.o-figure .o-narrow {{ display: none; max-width: 480px; }}
@container (max-width: 629px) {{
  .o-figure th, .o-figure td {{ padding-right: 11px; }}
  .o-figure .o-wide {{ display: none; }} .o-figure .o-narrow {{ display: block; }} }}
.o-scroll {{ overflow-x: auto; }}
.o-scroll:focus-visible, .o-figure summary:focus-visible {{ outline: 2px solid var(--o-c1); }}
.o-figure table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 0; }}
.o-figure th, .o-figure td {{ padding: 5px 16px 5px 0; border-bottom: 1px solid var(--o-grid);
  text-align: start; vertical-align: top; font-weight: 400; overflow-wrap: break-word;
  background: none; color: inherit; }}
.o-figure thead th {{ color: var(--o-soft); font-weight: 600; vertical-align: bottom; }}
.o-figure tbody th {{ min-width: 6em; }}
.o-figure .o-n {{ text-align: right; white-space: nowrap; }}
.o-figure details {{ margin-top: 8px; color: var(--o-soft); }}
.o-figure summary {{ cursor: pointer; }}
.o-figure .o-names {{ columns: 16em; margin: 6px 0; padding-left: 20px; }}
.o-figure .o-text {{ max-width: 860px; line-height: 1.9; overflow-wrap: anywhere; }}
.o-figure mark {{ border-radius: 3px; padding: 2px 1px; background: none; color: inherit; }}
.o-figure mark small {{ font-size: 12px; font-weight: 600; margin-left: 3px; }}
.o-figure .o-class {{ padding: 0 2px 1px; border-bottom: 2px solid; }}
.o-figure .o-below {{ border-bottom: 2px dashed var(--o-low); border-radius: 0; }}
"""

_PAGE = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--o-page); color: var(--o-ink);
  font: 15px/1.5 FONT; }
main { max-width: 940px; margin: 0 auto; padding: 28px 16px 48px; }
h1 { font-size: 25px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 0 0 14px; overflow-wrap: anywhere; }
p { margin: 0 0 10px; overflow-wrap: anywhere; }
.lead { color: var(--o-soft); margin-bottom: 22px; }
section, main > figure { background: var(--o-surface); border: 1px solid var(--o-grid);
  border-radius: 10px; padding: 20px; margin: 0 0 18px; min-width: 0; }
.pair { display: grid; gap: 24px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); }
.tiles { display: flex; flex-wrap: wrap; gap: 12px 32px; margin-bottom: 16px; }
.tile b { display: block; font-size: 32px; line-height: 1.15; font-weight: 600; }
.tile span { color: var(--o-soft); overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: minmax(7em, 14em) 1fr; margin: 0; }
dt, dd { margin: 0; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--o-grid);
  overflow-wrap: anywhere; min-width: 0; } dt { color: var(--o-soft); }
pre { margin: 0 0 12px; overflow-x: auto; font: 13px/1.45 ui-monospace, Consolas, monospace; }
pre:focus-visible { outline: 2px solid var(--o-c1); }
code { font: 13px ui-monospace, Consolas, monospace; overflow-wrap: anywhere; }
@media (max-width: 480px) { main { padding: 16px 8px 32px; }
  section, main > figure { padding: 14px 12px; } }
""".replace("FONT", vector.FONT)


def page(
    figures: Iterable[Figure | str],
    title: str,
    lead: str = "",
    *,
    numbers: bool = True,
) -> str:
    """A whole HTML document.

    Args:
        figures: figures, and between them sections of HTML that `section` made.
        title: the heading of the page.
        lead: a sentence below it.
        numbers: whether each picture has the numbers behind it in a table that unfolds.
    """
    body = [each if isinstance(each, str) else figure(each, numbers=numbers) for each in figures]
    below = f'<p class="lead">{_words(lead)}</p>\n' if lead else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_words(title)}</title>\n<style>:root {{ color-scheme: light dark; "
        f"{_variables('light')} }}\n@media (prefers-color-scheme: dark) {{ :root {{ "
        f"{_variables('dark')} }} }}{_PAGE}{_FIGURE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1 dir="auto">{_words(title)}</h1>\n{below}' + "\n".join(body) + "\n</main>\n</body>\n"
        "</html>\n"
    )


def section(title: str, *parts: Figure | str, identity: str = "", numbers: bool = True) -> str:
    """One titled box; `parts` are figures, or HTML."""
    name = f' id="{escape(identity)}"' if identity else ""
    body = [each if isinstance(each, str) else figure(each, numbers=numbers) for each in parts]
    return (
        f'<section{name}>\n<h2 dir="auto">{_words(title)}</h2>\n' + "\n".join(body) + "\n</section>"
    )


def notebook(one: Figure) -> str:
    """A figure as a notebook shows it: on its own background, dark where the notebook is."""
    dark = _variables("dark")
    return (
        f"<style>.o-alone {{ {_variables('light')} background: var(--o-surface); "
        "padding: 12px; }\n"
        f"@media (prefers-color-scheme: dark) {{ body:not([data-jp-theme-light]):not(.vscode-light)"
        f" .o-alone {{ {dark} }} }}\n"
        f'body[data-jp-theme-light="false"] .o-alone, .vscode-dark .o-alone {{ {dark} }}'
        f'{_FIGURE}</style><div class="o-alone">{figure(one)}</div>'
    )


def figure(one: Figure, *, numbers: bool = True) -> str:
    """A `<figure>` with its words above; its colours come from the page around it."""
    caption = f'<b dir="auto">{_words(one.title)}</b>'
    caption += f'<span dir="auto">{_words(one.caption)}</span>' if one.caption else ""
    head = f'<figure class="o-figure"><figcaption>{caption}</figcaption>\n'
    if one.empty:
        return f"{head}<p>{NOTHING}</p></figure>"
    if isinstance(one, Table):
        return f"{head}{_table(one)}</figure>"
    if isinstance(one, TintedText):
        return f"{head}{_text(one)}</figure>"
    drawings = [
        vector.svg(lay_out(one, width, heading=False), _variable, classes=name)
        for width, name in ((WIDE, "o-wide"), (NARROW, "o-narrow"))
    ]
    below = _legend(one) + (_numbers(one) if numbers else "")
    return f"{head}{''.join(drawings)}{below}</figure>"


def _variable(name: str) -> str:
    return f"var(--o-{name})"


def _words(text: object) -> str:
    return escape(clean(str(text)))


def _table(one: Table, caption: str = "") -> str:
    right = [' class="o-n"' if numeric(one, k) else "" for k in range(len(one.columns))]
    head = "".join(
        f'<th scope="col"{how}>{_words(column.words)}</th>'
        for column, how in zip(one.columns, right, strict=True)
    )
    rows = []
    for row in one.rows:
        cells = []
        for k, (column, value) in enumerate(zip(one.columns, row, strict=True)):
            tag, scope = ("th", ' scope="row"') if k == 0 else ("td", "")
            said = _words(written(column, value))
            way = ' dir="auto"' if isinstance(value, str) else ""
            cells.append(f"<{tag}{scope}{right[k]}{way}>{said}</{tag}>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    named = f"<caption>{_words(caption)}</caption>" if caption else ""
    return (
        f'<div class="o-scroll" tabindex="0" role="region" aria-label="{_words(one.title)}">'
        f"<table>{named}<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _legend(one: Figure) -> str:
    """Every name of a picture with many series, folded."""
    if not isinstance(one, Lines) or len(one.lines) <= 6:
        return ""
    names = "".join(f'<li dir="auto">{_words(line.name)}</li>' for line in one.lines)
    return (
        f"<details><summary>All {len(one.lines)} series</summary>"
        f'<ol class="o-names">{names}</ol></details>'
    )


def _numbers(one: Figure) -> str:
    """The numbers behind a picture, folded: what a screen reader reads instead of it."""
    columns = one.table()
    count = len(next(iter(columns.values()), []))
    names = list(columns)[:24]
    rows = [tuple(_cell(columns[n][k]) for n in names) for k in range(min(count, MOST_ROWS))]
    listed = Table(
        title=f"The numbers behind: {one.title}",
        columns=[Column(name=name) for name in names],
        rows=rows,
    )
    cut = count > MOST_ROWS or len(columns) > len(names)
    more = (
        f"<p>The first {len(rows)} of {count:,} rows"
        f"{f' and {len(names)} of {len(columns):,} columns' if len(columns) > len(names) else ''}."
        "</p>"
        if cut
        else ""
    )
    return f"<details><summary>The numbers</summary>{more}{_table(listed)}</details>"


def _cell(value: Any) -> Any:
    return ticks.moment(value) if isinstance(value, np.datetime64) else value


def _text(one: TintedText) -> str:
    """The tokens as running text, which the reader can select."""
    tints, low, high = shades(one)
    colours = class_colours(one)
    pieces = []
    for k, token in enumerate(one.tokens):
        said = _words(visible(token))
        if one.classes and one.classes[k]:
            name = one.classes[k]
            colour = _variable(colours[name])
            said = (
                f'<mark class="o-class" style="border-color:{colour}">{said}'
                f'<small style="color:{colour}"> {_words(name)}</small></mark>'
            )
        elif tints[k] == tints[k]:
            said = _tinted(said, float(tints[k]), ticks.number(float(one.values[k])))
        pieces.append(said + ("<br>" if token.endswith("\n") else ""))
    way = "rtl" if right_to_left("".join(one.tokens[:200])) else "ltr"
    key = ""
    if one.values is not None:
        ends = (
            _tinted(ticks.number(low), -1.0 if low < 0 else 0.0, ""),
            _tinted(ticks.number(high), 1.0, ""),
        )
        key = f"<p>{_words(one.value.words)} {ends[0]} to {ends[1]}</p>"
    return f'<p class="o-text" dir="{way}">{escape(one.separator).join(pieces)}</p>{key}'


def _tinted(said: str, shade: float, value: str) -> str:
    """A token on its shade, with the number under the pointer."""
    side = "low" if shade < 0 else "high"
    ink = _variable(tint(shade))
    paint = f"color-mix(in srgb, {_variable(side)} {abs(shade):.0%}, var(--o-surface))"
    below = ' class="o-below"' if shade < 0 else ""
    title = f' title="{escape(value)}"' if value else ""
    return f'<mark{below}{title} style="background:{paint};color:{ink}">{said}</mark>'


def beside(*figures: Figure) -> str:
    """Figures beside each other where there is room; HTML for `section`."""
    return f'<div class="pair">{"".join(map(figure, figures))}</div>'


def tiles(values: Sequence[tuple[str, str]]) -> str:
    """Large figures, each with its name below; HTML for `section`."""
    each = "".join(
        f'<div class="tile"><b>{_words(value)}</b><span>{_words(name)}</span></div>'
        for name, value in values
    )
    return f'<div class="tiles">{each}</div>'


def pairs(values: Iterable[tuple[str, object]]) -> str:
    """Names and values beside each other; HTML for `section`."""
    rows = "".join(
        f'<dt>{_words(name)}</dt><dd dir="auto">{_words(value)}</dd>' for name, value in values
    )
    return f"<dl>{rows}</dl>"


NOTEBOOKS["html"] = notebook
