"""The page around a report: one file, no script, nothing fetched, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark;
  --page: #f9f9f7; --surface: #fcfcfb; --ink: #0b0b0b; --ink-2: #52514e; --muted: #71706a;
  --grid: #e1e0d9; --axis: #c3c2b7; --border: rgba(11,11,11,.12);
  --c1: #2a78d6; --c2: #d9541e; --c3: #1a8f6d; --c4: #8a5cd1; --inverse: #ffffff; }
@media (prefers-color-scheme: dark) { :root {
  --page: #0d0d0d; --surface: #1a1a19; --ink: #ffffff; --ink-2: #c3c2b7; --muted: #9c9a92;
  --grid: #2c2c2a; --axis: #4a4945; --border: rgba(255,255,255,.14);
  --c1: #5598e7; --c2: #ef7a45; --c3: #2fb38b; --c4: #a98ae6; --inverse: #0b0b0b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 56px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 12px; }
p { margin: 0 0 10px; } .lead { color: var(--ink-2); margin-bottom: 24px; }
section { background: var(--surface); border: 1px solid var(--border); border-radius: 10px;
  padding: 20px; margin: 0 0 18px; min-width: 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 20px; }
.pair > * { min-width: 0; }
figure { margin: 0; overflow-x: auto; } figcaption { color: var(--ink-2); margin-bottom: 6px; }
svg { display: block; width: 100%; height: auto; max-height: 620px; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.tiles { display: flex; flex-wrap: wrap; gap: 28px; margin-bottom: 16px; }
.tile b { display: block; font-size: 34px; line-height: 1.15; font-weight: 600; }
.tile span { color: var(--ink-2); }
.legend { display: flex; flex-wrap: wrap; gap: 16px; color: var(--ink-2); margin-bottom: 4px; }
.legend i { display: inline-block; width: 14px; height: 3px; border-radius: 2px;
  vertical-align: middle; margin-right: 6px; }
.k1 { background: var(--c1); } .k2 { background: var(--c2); } .k3 { background: var(--c3); }
.k4 { background: var(--c4); }
.grid { stroke: var(--grid); } .axis { stroke: var(--axis); }
.mark { stroke: var(--muted); stroke-dasharray: 3 3; }
.label { fill: var(--ink-2); } .strong { fill: var(--ink); } .inverse { fill: var(--inverse); }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.c1 { stroke: var(--c1); } .line.c2 { stroke: var(--c2); }
.line.c3 { stroke: var(--c3); } .line.c4 { stroke: var(--c4); }
.dot { stroke: var(--surface); stroke-width: 1; }
.dot.c1, .bar.c1, .cell { fill: var(--c1); } .dot.c2 { fill: var(--c2); }
.dot.c3 { fill: var(--c3); } .dot.c4 { fill: var(--c4); } .bar.c2, .bar.c3 { fill: var(--axis); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--grid);
  vertical-align: top; overflow-wrap: break-word; }
.names td:first-child { width: 230px; color: var(--ink-2); }
.names td { overflow-wrap: anywhere; } .narrow { max-width: 660px; }
th { color: var(--ink-2); font-weight: 500; } td.n, th.n { text-align: right; }
pre { margin: 0; overflow-x: auto; font: 13px/1.45 ui-monospace, Consolas, monospace; }
code { font: 13px ui-monospace, Consolas, monospace; overflow-wrap: anywhere; }
details summary { cursor: pointer; color: var(--ink-2); }
"""


def page(title: str, lead: str, sections: Iterable[str]) -> str:
    """A whole document. `title` and `lead` are text; `sections` are HTML made by this module."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escape(title)}</h1>\n<p class="lead">{escape(lead)}</p>\n'
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def section(title: str, *parts: str, identity: str = "") -> str:
    """One titled box; `parts` are HTML."""
    name = f' id="{escape(identity)}"' if identity else ""
    return f"<section{name}>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>"


def figure(caption: str, chart: str, legend: Sequence[str] = ()) -> str:
    """A chart with the words above it; `legend` names its colours in order, from two on."""
    keys = "".join(
        f'<span><i class="k{k}"></i>{escape(name)}</span>' for k, name in enumerate(legend, 1)
    )
    legends = f'<div class="legend">{keys}</div>' if len(legend) > 1 else ""
    return f"<figure><figcaption>{escape(caption)}</figcaption>{legends}{chart}</figure>"


def table(rows: Iterable[Sequence[object]], head: Sequence[str] = ()) -> str:
    """Rows of text; numbers stand to the right."""

    def cell(tag: str, value: object) -> str:
        kind = ' class="n"' if isinstance(value, (int, float)) else ""
        return f"<{tag}{kind}>{escape(str(value))}</{tag}>"

    top = f"<tr>{''.join(cell('th', name) for name in head)}</tr>" if head else ""
    body = "".join(f"<tr>{''.join(cell('td', value) for value in row)}</tr>" for row in rows)
    return f'<div class="wide"><table>{top}{body}</table></div>'


def pairs(values: Mapping[str, object]) -> str:
    """A two-column table of names and values."""
    rows = [(name, str(value)) for name, value in values.items()]
    return f'<div class="names">{table(rows)}</div>'


def tiles(values: Mapping[str, str]) -> str:
    """Large figures, each with its name below."""
    return (
        '<div class="tiles">'
        + "".join(
            f'<div class="tile"><b>{escape(value)}</b><span>{escape(name)}</span></div>'
            for name, value in values.items()
        )
        + "</div>"
    )
