// The curves of a run, drawn as they come while it is in training; stop and resume.

import { get, post, watch } from "../api.js";
import { make, short } from "../dom.js";

const LEFT_OUT = ["epoch", "seconds"];

export async function live(element, name, run, { chart, note }) {
  const path = `/api/runs/${encodeURIComponent(name)}`;
  const state = make("p", { role: "status" });
  const stop = make("button", { type: "button" }, "Stop and keep the best");
  const resume = make("button", { type: "button" }, "Resume");
  const said = make("pre", { hidden: true });
  const places = make("div", {});
  element.append(state, make("div", { class: "row" }, stop, resume), places, said);
  const plots = new Map();
  let ended = false;

  function draw(history) {
    const names = Object.keys(history).filter((each) => !LEFT_OUT.includes(each));
    const groups = new Map();
    for (const each of names) {
      const stem = each.replace(/^(train|val)_/, "");
      groups.set(stem, [...(groups.get(stem) || []), each]);
    }
    for (const [stem, columns] of groups) {
      const x = history[columns[0]].map((_, k) => k + 1);
      const lines = columns.map((each) => ({ name: each, y: history[each], points: x.length < 2 }));
      if (plots.has(stem)) plots.get(stem).update(x, lines);
      else {
        const box = make("div", {}, make("h3", {}, stem));
        places.append(box);
        plots.set(stem, chart(box, { x, lines, label: "epoch", unit: stem, height: 220, whole: true }));
      }
    }
    const seconds = history.seconds || [];
    const epochs = names.length ? history[names[0]].length : 0;
    const last = seconds.length > 1 ? seconds.at(-1) - seconds.at(-2) : seconds.at(-1);
    return epochs ? `${epochs} epochs${last ? `, ${short(last)} s for the last` : ""}` : "no epoch yet";
  }

  function told(now) {
    const words = draw(now.history);
    state.textContent = now.running ? `In training: ${words}.` : `${words}.`;
    stop.hidden = !now.running;
    resume.hidden = now.running || !run.resumable;
    said.hidden = !now.said || now.running && !now.said.includes("Error");
    said.textContent = now.said;
    if (!now.running && now.status !== null && now.status !== undefined && !ended) {
      ended = true;
      note(now.status === 0 || now.status === 130 ? `${name} is ready.` : `${name} stopped with an error.`);
      if (now.status === 0 || now.status === 130) window.dispatchEvent(new HashChangeEvent("hashchange"));
    }
  }

  stop.addEventListener("click", async () => {
    try { await post(`${path}/stop`); note("It ends after this batch; the best weights are kept."); } catch (error) { note(error.message); }
  });
  resume.addEventListener("click", async () => {
    try { await post(`${path}/resume`); ended = false; await watch(name, told); } catch (error) { note(error.message); }
  });
  const now = await get(`${path}/training`);
  ended = !now.running;
  told({ ...now, history: Object.keys(now.history).length ? now.history : run.history });
  const end = now.running ? await watch(name, told) : () => {};
  return () => { end(); plots.forEach((plot) => plot.remove()); };
}
