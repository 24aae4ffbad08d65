// One run: its curves, scores, doctor, weights, report, and the panels that try it.

import { get } from "../api.js";
import { field, make, table } from "../dom.js";
import { decode } from "../heatmap.js";
import { live } from "./live.js";

export async function mount(element, name, { chart, heatmap, panels, note }) {
  const path = `/api/runs/${encodeURIComponent(name)}`;
  const run = await get(path);
  const ends = [];
  const suited = panels.filter((panel) => panel.kinds.includes(run.kind));
  const head = make("section", { class: "card" }, make("h2", {}, name), make("p", { class: "soft" }, run.kind || "in training"));
  if (run.error) head.append(make("p", { class: "bad" }, run.error));
  if (suited.length) head.append(make("div", { class: "row" }, ...suited.map((panel) =>
    make("a", { href: `#/try/${panel.name}/${encodeURIComponent(name)}` }, `${panel.title} with it`))));
  element.append(head);

  const curves = make("section", { class: "card", "aria-label": "Training" }, make("h2", {}, "Training"));
  element.append(curves);
  ends.push(await live(curves, name, run, { chart, note }));
  if (run.unfinished) return () => ends.forEach((end) => end());

  if (Object.keys(run.scores).length) element.append(make("section", { class: "card" }, make("h2", {}, "Held-out rows"),
    table(["measure", "figure"], Object.entries(run.scores))));

  const doctor = make("section", { class: "card", "aria-label": "Doctor" }, make("h2", {}, "Doctor"), make("p", {}, "Looking ..."));
  const inside = make("section", { class: "card", "aria-label": "Weights" }, make("h2", {}, "Weights"));
  element.append(doctor, inside);
  get(`${path}/doctor`).then((found) => {
    doctor.lastChild.remove();
    if (!found.findings.length) doctor.append(make("p", { class: "good" }, `Nothing found by ${found.healthy.length} checks.`));
    for (const each of found.findings) doctor.append(make("div", { class: "finding" }, make("h3", {}, each.title), make("p", {}, each.evidence),
      make("ol", {}, ...each.remedies.map((words) => make("li", {}, words)))));
    doctor.append(make("p", { class: "soft" }, "With the rows that it learned from the doctor sees more: ", make("code", {}, `ostinato doctor runs/${name} DATA`)));
  }, (error) => doctor.lastChild.replaceWith(make("p", { class: "bad" }, error.message)));

  try {
    const { matrices } = await get(`${path}/weights`);
    const choice = make("select", {}, ...matrices.map(([key, rows, columns]) => make("option", { value: key }, `${key} (${rows} x ${columns})`)));
    const place = make("div", {});
    let map = null;
    const draw = async () => {
      const found = await get(`${path}/weights?${new URLSearchParams({ name: choice.value })}`);
      map?.remove();
      map = heatmap(place, { ...found, values: decode(found.values), label: choice.value });
    };
    choice.addEventListener("change", () => draw().catch((error) => note(error.message)));
    inside.append(field("Matrix", choice, "Rows of recurrent weights are the gates, one after the other."), place);
    if (matrices.length) await draw();
    ends.push(() => map?.remove());
  } catch (error) {
    inside.append(make("p", { class: "bad" }, error.message));
  }
  element.append(make("section", { class: "card" }, make("h2", {}, "Options"),
    table(["option", "value"], Object.entries(run.options).map(([key, value]) => [key, String(value ?? "none")]))));
  if (run.report) element.append(make("section", { class: "card" }, make("h2", {}, "Report"),
    make("iframe", { src: `${path}/report`, title: `Report of ${name}`, sandbox: "allow-scripts" })));
  return () => ends.forEach((end) => end());
}

