// Lines by uPlot, in the page's colours, as wide as there is room.

const WHOLE = [1, 2, 5].flatMap((k) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6].map((n) => k * n)).sort((a, b) => a - b);
const COLOURS = ["--one", "--two", "--three", "--four", "--soft"];

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// lines: [{name, y, dash}], x: numbers (seconds since 1970 where time), bands: [[upper, lower]] by
// place in lines; whole: x are whole numbers. What is null is a gap. Returns {update(x, lines), remove()}.
export function chart(element, { x, lines, bands = [], time = false, whole = false, label = "", unit = "", height = 260 }) {
  const box = document.createElement("div");
  box.setAttribute("role", "img");
  element.append(box);
  let plot = null;
  let now = { x, lines };

  function draw() {
    const ink = colour("--soft");
    const axis = { stroke: ink, grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    box.setAttribute("aria-label", said(now, label));
    box.replaceChildren();
    const width = Math.max(240, Math.floor(box.clientWidth || element.clientWidth || 600));
    plot = new uPlot({
      width, height,
      cursor: { drag: { x: true, y: false } },
      scales: { x: { time } },
      axes: [{ ...axis, label, labelSize: label ? 22 : 0, ...(whole ? { incrs: WHOLE } : {}) }, { ...axis, label: unit, labelSize: unit ? 22 : 0, size: 62 }],
      bands: bands.map(([high, low]) => ({ series: [high + 1, low + 1], fill: `rgba(${colour("--tint")}, .18)` })),
      series: [{ label: label || (time ? "time" : "step") }, ...now.lines.map((line, k) => ({
        label: line.name,
        stroke: colour(line.colour || COLOURS[k % COLOURS.length]),
        width: line.width ?? 2,
        dash: line.dash,
        points: { show: line.points ?? undefined },
      }))],
    }, [now.x, ...now.lines.map((line) => line.y)], box);
  }

  draw();
  const watcher = new ResizeObserver(() => {
    const width = Math.max(240, Math.floor(box.clientWidth));
    if (plot && Math.abs(plot.width - width) > 2) plot.setSize({ width, height });
  });
  watcher.observe(element);
  window.addEventListener("themed", draw);
  return {
    update(x, lines) {
      const same = lines.length === now.lines.length;
      now = { x, lines };
      if (same) plot.setData([x, ...lines.map((line) => line.y)]);
      else draw();
      box.setAttribute("aria-label", said(now, label));
    },
    remove() { watcher.disconnect(); window.removeEventListener("themed", draw); box.remove(); },
  };
}

function said({ lines }, label) {
  const words = lines.map((line) => {
    const last = [...line.y].reverse().find((value) => value !== null && value !== undefined);
    return `${line.name}, last ${last === undefined ? "none" : Number(last).toPrecision(4)}`;
  });
  return `Chart over ${label || "the steps"}: ${words.join("; ")}`;
}
