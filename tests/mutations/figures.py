"""Mistakes to plant in figures, measures and the report."""

from __future__ import annotations

from tests.mutations import Mutation

F, T = "src/ostinato/figures", "tests/figures"
M = "src/ostinato/measures"

MUTATIONS = [
    # Ticks that repeat, leave the axis or lose their context.
    Mutation(
        f"{F}/ticks.py",
        'text = f"{value:,.{decimals}f}"',
        'text = f"{value:,.{max(0, decimals - 1)}f}"',
        f"{T}/test_figures_ticks.py",
    ),
    Mutation(
        f"{F}/ticks.py",
        "change = len(set(context)) > 1",
        "change = False",
        f"{T}/test_figures_ticks.py",
    ),
    Mutation(
        f"{F}/ticks.py",
        "step = Decimal(1)",
        "step = step * 1",
        f"{T}/test_figures_ticks.py",
    ),
    Mutation(
        f"{F}/ticks.py",
        "_clocks(low, high, step, 4 * _DAY)",
        "_clocks(low, high, step)",
        f"{T}/test_figures_ticks.py",
    ),
    # Geometry.
    Mutation(
        f"{F}/scene.py",
        "last = min(last, distance / speed)",
        "last = max(last, distance / speed)",
        f"{T}/test_figures_scene.py",
    ),
    Mutation(
        f"{F}/scene.py",
        "kept |= {there[np.argmin(y[there])], there[np.argmax(y[there])]}",
        "kept |= {there[np.argmax(y[there])]}",
        f"{T}/test_figures_scene.py",
    ),
    Mutation(
        f"{F}/layout/frame.py",
        "self.bottom - self.y.share(y) * (self.bottom - self.top)",
        "self.top + self.y.share(y) * (self.bottom - self.top)",
        f"{T}/test_figures_draw.py",
    ),
    Mutation(
        f"{F}/layout/frame.py",
        "if end + 8 <= begin",
        "if end - 80 <= begin",
        f"{T}/test_figures_draw.py",
    ),
    Mutation(
        f"{F}/layout/lines.py",
        "if inside(mark, across)]",
        "if True]",
        f"{T}/test_figures_draw.py",
    ),
    Mutation(
        f"{F}/layout/matrix.py",
        "return np.clip(values / (high or 1.0), -1, 1)",
        "return np.clip(np.abs(values) / (high or 1.0), -1, 1)",
        f"{T}/test_figures_scene.py",
    ),
    # Colours, words, files.
    Mutation(
        f"{F}/colours.py",
        "linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]",
        "linear = parts",
        f"{T}/test_figures_colours.py",
    ),
    Mutation(
        f"{F}/colours.py",
        "taken.add((found[-1].colour, found[-1].dash))",
        "pass",
        f"{T}/test_figures_colours.py",
    ),
    Mutation(
        f"{F}/vector.py",
        "return escape(clean(text))",
        "return clean(text)",
        f"{T}/test_figures_draw.py",
    ),
    Mutation(
        f"{F}/values.py",
        "array[~np.isfinite(array)] = np.nan",
        "array[np.isnan(array)] = np.nan",
        f"{T}/test_figures_kinds.py",
    ),
    Mutation(
        f"{F}/page.py",
        '("th", \' scope="row"\') if k == 0',
        '("th", "") if k == 0',
        f"{T}/test_figures_page.py",
    ),
    # Which series are drawn, in which units, beside what.
    Mutation(
        f"{F}/choice.py",
        "nan=np.inf",
        "nan=-np.inf",
        "tests/inspection/test_inspection_report.py",
    ),
    Mutation(
        "src/ostinato/figures/learning.py",
        "y=np.array(y) * factor",
        "y=np.array(y)",
        "tests/inspection/test_inspection_report.py",
    ),
    Mutation(
        f"{M}/base.py",
        "return own > other if up else own < other",
        "return own > other",
        "tests/measures/test_measures_scores.py",
    ),
    Mutation(
        f"{M}/base.py",
        "return (max if up else min)(",
        "return max(",
        "tests/measures/test_measures_scores.py",
    ),
    Mutation(
        f"{M}/forecasts.py",
        "float((square / scale**2).mean())",
        "float((square / scale).mean())",
        "tests/measures/test_measures_values.py",
    ),
    Mutation(
        f"{M}/spans.py",
        "right.update(_type(each) for each in here & there)",
        "right.update(_type(each) for each in here)",
        "tests/measures/test_measures_values.py",
    ),
]
