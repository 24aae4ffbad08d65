// The page: which of its parts is shown, and what all of them share.

import * as api from "./api.js";
import { chart } from "./charts.js";
import { make } from "./dom.js";
import { heatmap } from "./heatmap.js";
import { mount as mountRuns } from "./parts/runs.js";
import { mount as mountRun } from "./parts/run.js";
import { mount as mountTrain } from "./parts/train.js";

const main = document.getElementById("main");
const noted = document.getElementById("note");
let panels = [];
let leave = null;
let silence = null;

export function note(words) {
  noted.textContent = words;
  clearTimeout(silence);
  silence = setTimeout(() => { noted.textContent = ""; }, 6000);
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  const button = document.getElementById("theme");
  button.setAttribute("aria-pressed", String(name === "dark"));
  button.textContent = name === "dark" ? "Light" : "Dark";
  window.dispatchEvent(new Event("themed"));
}

document.getElementById("theme").addEventListener("click", () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", next);
  theme(next);
});
const liked = matchMedia("(prefers-color-scheme: dark)");
liked.addEventListener("change", () => { if (!localStorage.getItem("theme")) theme(liked.matches ? "dark" : "light"); });
theme(localStorage.getItem("theme") || (liked.matches ? "dark" : "light"));

// "#/run/NAME" is ["run", NAME].
function route() {
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

function show() {
  const [part = "runs", ...rest] = route();
  const free = panels.filter((panel) => !panel.kinds.length);
  const pages = [["Runs", "#/"], ["Train", "#/train"], ...free.map((panel) => [panel.title, `#/try/${panel.name}`])];
  document.getElementById("pages").replaceChildren(...pages.map(([words, href]) => {
    const here = href === "#/" ? part === "runs" || part === "run" : location.hash === href;
    return make("li", {}, make("a", { href, "aria-current": here ? "page" : null }, words));
  }));
  leave?.();
  leave = null;
  main.replaceChildren();
  const tools = { note, panels, chart, heatmap };
  const fail = (error) => main.replaceChildren(make("p", { class: "bad", role: "alert" }, error.message));
  const call = part === "run" ? mountRun(main, rest[0], tools)
    : part === "train" ? mountTrain(main, tools)
    : part === "try" ? mountPanel(rest[0], rest[1] || "")
    : mountRuns(main, tools);
  Promise.resolve(call).then((left) => { leave = typeof left === "function" ? left : null; }, fail);
}

// A panel's file exports `mount(element, tools)`, which may return a function that ends it.
async function mountPanel(name, run) {
  const panel = panels.find((each) => each.name === name);
  if (!panel) throw new Error(`There is no part of the page called ${name}.`);
  const file = await import(`./panels/${name}.js`);
  const box = make("section", { class: "card", "aria-label": panel.title }, make("h2", {}, run ? `${panel.title}: ${run}` : panel.title));
  if (run) box.append(make("p", {}, make("a", { href: `#/run/${encodeURIComponent(run)}` }, `Back to ${run}`)));
  main.append(box);
  const kind = run ? (await api.get(`/api/runs/${encodeURIComponent(run)}`)).kind : null;
  const here = `/api/panels/${name}?${new URLSearchParams({ run })}`;
  return file.mount(box, {
    run: run ? { name: run, kind } : null,
    // For keys: of questions that wait only the last is answered.
    ask: (question) => api.ask(name, run, question),
    // For all else, and with a file.
    post: (question, sent) => sent ? api.send(name, run, question, sent) : api.post(here, question),
    stream(question, piece) {
      let stop;
      const done = new Promise((ended, failed) => {
        stop = api.stream(name, run, question, piece, (error) => error ? failed(error) : ended());
      });
      return { stop, done };
    },
    chart, heatmap, note,
  });
}

window.addEventListener("hashchange", () => { show(); main.focus(); });

try {
  panels = (await api.get("/api/runs")).panels;
  show();
} catch (error) {
  main.replaceChildren(make("p", { class: "bad", role: "alert" }, error.message));
}
