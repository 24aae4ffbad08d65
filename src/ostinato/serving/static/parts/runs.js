// The runs there are; several of them side by side.

import { get } from "../api.js";
import { make, short, table } from "../dom.js";

const MEASURES = ["val_loss", "train_loss"];

export async function mount(element, { chart }) {
  const { runs, folder } = await get("/api/runs");
  if (!runs.length) {
    element.append(make("section", { class: "card" },
      make("h2", {}, "No runs yet"),
      make("p", {}, `A run is what a training leaves; they are looked for in ${folder}.`),
      make("p", {}, "Begin one ", make("a", { href: "#/train" }, "from this page"), ", or in a shell:"),
      make("pre", {}, "ostinato train text-classifier reviews.csv"),
      make("p", {}, "Without any file: ", make("a", { href: "#/try/gestures" }, "draw a few gestures"), " and a network learns them in seconds.")));
    return undefined;
  }
  const chosen = new Set(runs.slice(0, 3).map((run) => run.name));
  const beside = make("section", { class: "card", "aria-label": "Side by side" });
  const rows = runs.map((run) => {
    const box = make("input", { type: "checkbox", "aria-label": `Compare ${run.name}`, checked: chosen.has(run.name) });
    box.addEventListener("change", () => { if (box.checked) chosen.add(run.name); else chosen.delete(run.name); draw(); });
    const [first] = Object.entries(run.scores);
    const state = run.error ? make("span", { class: "bad" }, run.error) : run.unfinished ? "unfinished" : run.status || "finished";
    return [box, make("a", { href: `#/run/${encodeURIComponent(run.name)}` }, run.name), run.kind || "", state,
      first ? `${first[0]} ${short(first[1])}` : "", run.parameters ?? ""];
  });
  element.append(make("section", { class: "card" }, make("h2", {}, "Runs"), make("p", { class: "soft" }, folder),
    table(["compare", "run", "task", "state", "held-out rows", "parameters"], rows)), beside);
  let plots = [];

  function draw() {
    plots.forEach((plot) => plot.remove());
    plots = [];
    const picked = runs.filter((run) => chosen.has(run.name));
    beside.replaceChildren(make("h2", {}, "Side by side"));
    if (!picked.length) { beside.append(make("p", {}, "Tick runs above.")); return; }
    const measure = MEASURES.find((name) => picked.some((run) => run.history[name]));
    if (measure) {
      const epochs = Math.max(...picked.map((run) => (run.history[measure] || []).length));
      const x = Array.from({ length: epochs }, (_, k) => k + 1);
      const lines = picked.filter((run) => run.history[measure]).map((run) => ({ name: run.name, y: x.map((_, k) => run.history[measure][k] ?? null) }));
      beside.append(make("h3", {}, measure));
      plots.push(chart(beside, { x, lines, label: "epoch", unit: measure, whole: true }));
    }
    const names = [...new Set(picked.flatMap((run) => Object.keys(run.scores)))];
    if (names.length) beside.append(make("h3", {}, "Scores on held-out rows"), table(["measure", ...picked.map((run) => run.name)],
      names.map((name) => [name, ...picked.map((run) => run.scores[name] ?? "")])));
    const options = [...new Set(picked.flatMap((run) => Object.keys(run.options)))]
      .filter((name) => new Set(picked.map((run) => JSON.stringify(run.options[name]))).size > 1);
    if (picked.length > 1) beside.append(make("h3", {}, "Options that differ"), options.length
      ? table(["option", ...picked.map((run) => run.name)], options.map((name) => [name, ...picked.map((run) => String(run.options[name] ?? ""))]))
      : make("p", {}, "None."));
  }

  draw();
  return () => plots.forEach((plot) => plot.remove());
}
