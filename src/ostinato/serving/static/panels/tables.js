// Drop a table: a forecast with its interval, or scores and alarms, drawn and to be taken away.
import { button, colour, download, dropped, el, labelled, select, told, whenColoursChange } from "./parts.js";

export const title = "Forecast a table";

export function mount(element, { run, post }) {
  const finds = run?.kind === "anomaly-detector";
  const wrong = told();
  const facts = el("ul", { class: "p-facts", "aria-label": "What was found in the table" });
  const place = el("div", { class: "p-charts" });
  const horizon = el("input", { type: "number", min: 1, max: 2000, placeholder: run ? "as trained" : "24" });
  const state = el("p", { class: "p-soft", role: "status" });
  let file = null, found = null, chosen = 0;
  const series = select("Series", [], (value) => { chosen = Number(value); draw(); });
  const save = button("Download as CSV", () => download(finds ? "scores.csv" : "forecast.csv", found.csv, "text/csv"));
  const result = el("div", { hidden: true }, facts, el("div", { class: "p-row" }, series.part, save), place);
  async function taken(given) {
    file = given;
    state.textContent = `Reading ${file.name}…`;
    try {
      const question = { file: file.name };
      if (horizon.value !== "") question.horizon = horizon.valueAsNumber;
      found = await post(question, file);
      wrong.say("");
      chosen = 0;
      facts.replaceChildren(...found.found.map((each) => el("li", {}, each)));
      series.field.replaceChildren(...found.series.map(({ name }, k) => el("option", { value: k }, name || "all rows")));
      series.part.hidden = found.series.length < 2;
      state.textContent = found.left_out ? `${found.left_out} more series are in the download.` : "";
      result.hidden = false;
      draw();
    } catch (error) {
      wrong.say(error.message);
      state.textContent = "";
      result.hidden = true;
    }
  }
  horizon.addEventListener("change", () => { if (file) taken(file); });
  function draw() {
    if (!found) return;
    place.replaceChildren();
    const one = found.series[chosen];
    (found.kind === "forecast" ? forecast : anomalies)(place, one, Boolean(found.time));
  }
  new ResizeObserver(() => draw()).observe(element);
  whenColoursChange(draw);
  element.append(
    dropped("Drop a CSV here, or choose one", ".csv,.tsv,.txt,.jsonl,.gz,.parquet", taken),
    finds ? "" : el("div", { class: "p-row" }, labelled("Rows to forecast", horizon)),
    state, wrong.line, result,
  );
}

function options(place, words, timed, height) {
  const axis = { stroke: colour(place, "p-soft"), grid: { stroke: colour(place, "p-grid"), width: 1 }, ticks: { stroke: colour(place, "p-grid") } };
  return {
    // Timestamps as the table has them, wherever the browser stands.
    tzDate: (seconds) => window.uPlot.tzDate(new Date(1000 * seconds), "Etc/UTC"),
    title: words, width: Math.max(260, place.clientWidth), height,
    scales: { x: { time: timed } }, axes: [axis, { ...axis, size: 56 }], cursor: { drag: { x: true, y: false } },
  };
}

function drawn(place, words, data, settings) {
  const box = el("div", { role: "img", "aria-label": words });
  place.append(box);
  return new window.uPlot(settings, data, box);
}

function forecast(place, one, timed) {
  const x = [...one.x, ...one.after], pad = one.y.length - 1, nothing = Array(pad).fill(null);
  const last = one.y[pad];
  const behind = (values) => [...nothing, last, ...values];
  const data = [x, [...one.y, ...one.after.map(() => null)], behind(one.forecast)];
  const settings = options(place, one.name, timed, 300);
  const orange = colour(place, "p-c2");
  settings.series = [{}, { label: "known", stroke: colour(place, "p-ink"), width: 1.5 }, { label: "forecast", stroke: orange, width: 2 }];
  if (one.low) {
    data.push(behind(one.high), behind(one.low));
    const edge = { stroke: orange, width: 1, dash: [4, 3] };
    settings.series.push({ label: "9 of 10 are below", ...edge }, { label: "1 of 10 is below", ...edge });
    settings.bands = [{ series: [3, 4], fill: orange.replace("rgb(", "rgba(").replace(")", ", 0.2)") }];
  }
  const from = Math.max(0, one.x.length - 6 * one.after.length);
  settings.scales.x = { time: timed, range: (u, low, high) => u.zoomed ? [low, high] : [x[from], x.at(-1)] };
  settings.hooks = { setSelect: [(u) => { u.zoomed = true; }] };
  drawn(place, `${one.name}: what is known, and a forecast of ${one.after.length} rows`, data, settings);
}

function anomalies(place, one, timed) {
  const red = colour(place, "p-c2"), ink = colour(place, "p-ink");
  const at = new Set(one.alarms);
  const marks = (values) => values.map((each, k) => at.has(k) ? each : null);
  const points = { label: "alarm", stroke: red, width: 0, points: { show: true, size: 9, fill: red, stroke: red } };
  for (const { name, y } of one.columns) {
    const settings = options(place, name, timed, 190);
    settings.series = [{}, { label: name, stroke: ink, width: 1.3 }, points];
    drawn(place, `${name}, with ${at.size} alarms`, [one.x, y, marks(y)], settings);
  }
  const settings = options(place, "score, in usual errors", timed, 190);
  settings.series = [{}, { label: "score", stroke: colour(place, "p-c1"), width: 1.5 }, { label: "threshold", stroke: ink, dash: [6, 4] }, points];
  drawn(place, "score of each row, with its threshold", [one.x, one.score, one.threshold, marks(one.score)], settings);
  const rows = one.alarms.slice(0, 20).map((k) => el("li", {}, `${timed ? new Date(1000 * one.x[k]).toISOString().replace("T", " ").slice(0, 19) : `row ${one.x[k]}`}: score ${one.score[k].toFixed(1)}, most of it in ${one.blame[k]}`));
  place.append(el("h3", {}, rows.length ? "Alarms" : "No alarm"), el("ul", { class: "p-facts" }, ...rows));
}
