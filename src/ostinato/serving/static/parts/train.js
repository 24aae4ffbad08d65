// Begin a training: a task, a file, and its options as they are declared.

import { get, post } from "../api.js";
import { dropzone, field, make } from "../dom.js";

const FIRST = 6; // of the task's own options that are shown at once

export async function mount(element, { note }) {
  const { tasks } = await get("/api/tasks");
  const choice = make("select", {}, ...tasks.map((task) => make("option", { value: task.kind }, `${task.kind}: ${task.sentence}`)));
  const place = make("div", {});
  element.append(make("section", { class: "card" }, make("h2", {}, "Train"), field("Task", choice), place));

  async function draw() {
    const form = await get(`/api/tasks/${choice.value}`);
    let uploaded = null;
    const state = make("p", { class: "soft", role: "status" }, "No file yet.");
    const name = make("input", { type: "text", autocomplete: "off" });
    const begin = make("button", { type: "submit", class: "main" }, "Begin");
    const inputs = [...form.data, ...form.options].map((option) => [option, input(option)]);
    const shown = ([option, box]) => field(option.name.replaceAll("_", " "), box, `${option.sentence}${option.default ? ` Without: ${option.default}.` : ""}`);
    const first = inputs.slice(0, form.data.length + FIRST);
    const rest = inputs.slice(form.data.length + FIRST);
    const zone = dropzone("File to learn from", "", async (file) => {
      state.textContent = `Reading ${file.name} ...`;
      try {
        uploaded = (await post(`/api/upload?${new URLSearchParams({ name: file.name })}`, file)).name;
        state.textContent = `${uploaded} is here.`;
      } catch (error) { state.textContent = error.message; }
    });
    const sheet = make("form", { onsubmit: async (event) => {
      event.preventDefault();
      if (!uploaded) { note("Choose a file to learn from."); return; }
      const options = Object.fromEntries(inputs.filter(([, box]) => box.value !== "").map(([option, box]) => [option.name, box.value]));
      begin.disabled = true;
      try {
        const { run } = await post("/api/train", { kind: choice.value, files: [uploaded], options, name: name.value });
        note(`${run} has begun.`);
        wait(run);
      } catch (error) { note(error.message); begin.disabled = false; }
    } }, zone, state, make("div", { class: "grid" }, ...first.map(shown)),
    make("details", {}, make("summary", {}, `${rest.length} more options`), make("div", { class: "grid" }, ...rest.map(shown))),
    make("div", { class: "row" }, field("Name of the run", name, "Without one it is made of task and file."), begin));
    place.replaceChildren(sheet);

    // The run's folder is made once its rows were read; until then its page does not exist.
    async function wait(run) {
      for (;;) {
        const now = await get(`/api/runs/${encodeURIComponent(run)}/training`);
        if (Object.keys(now.history).length || now.status === 0) { location.hash = `#/run/${encodeURIComponent(run)}`; return; }
        if (!now.running) {
          begin.disabled = false;
          state.textContent = now.said.trim().split("\n").at(-1) || "It stopped.";
          state.className = "bad";
          return;
        }
        state.textContent = "Reading the rows ...";
        await new Promise((done) => setTimeout(done, 400));
        if (!place.isConnected) return;
      }
    }
  }

  choice.addEventListener("change", () => draw().catch((error) => note(error.message)));
  await draw();
}

function input(option) {
  if (option.kind === "bool" || option.kind === "choice") {
    const values = option.kind === "bool" ? ["True", "False"] : option.choices;
    return make("select", {}, make("option", { value: "" }, "as usual"), ...values.map((value) => make("option", { value }, value)));
  }
  return make("input", { type: "text", autocomplete: "off", inputmode: option.kind === "number" ? "decimal" : "text", placeholder: option.default });
}
