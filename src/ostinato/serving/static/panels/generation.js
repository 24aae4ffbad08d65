// A language model writes on, token by token; what is likely next stands beside.
import { bars, button, el, labelled, newest, slider, told } from "./parts.js";

export const title = "Write on";

export function mount(element, { ask, stream }) {
  const wrong = told();
  const field = el("textarea", { rows: 8, spellcheck: false });
  const next = bars("Likely next tokens");
  const temperature = slider("Temperature: below 1 keeps to the likely", { min: 0, max: 2, step: 0.05, value: 0.8 });
  const top = slider("Top-p: draws among the likeliest of this share", { min: 0.05, max: 1, step: 0.05, value: 0.95 });
  const state = el("p", { class: "p-soft", role: "status" }, "Write a beginning, or press Write on.");
  let going = null;
  const put = newest(ask, (found) => next.draw(found.next, null), wrong.say);
  const look = () => put({ do: "next", text: field.value, top: 10 });

  async function write() {
    wrong.say("");
    let count = 0;
    const begun = performance.now();
    change(true);
    const question = { do: "write", text: field.value, length: 400, temperature: temperature.value, top_p: top.value };
    going = stream(question, ({ piece }) => {
      field.value += piece;
      field.scrollTop = field.scrollHeight;
      if (++count % 8 === 0) look();
    });
    try {
      await going.done;
    } catch (error) {
      wrong.say(error.message);
    }
    const seconds = (performance.now() - begun) / 1000;
    state.textContent = `${count} tokens in ${seconds.toFixed(1)} s. Press Write on to continue.`;
    change(false);
    look();
  }
  function change(writing) {
    start.disabled = writing;
    stop.disabled = !writing;
    if (writing) { state.textContent = "Writing…"; stop.focus(); } else { going = null; start.focus({ preventScroll: true }); }
  }
  const start = button("Write on", write, { class: "p-button main" });
  const stop = button("Stop", () => going?.stop(), { disabled: true });
  const clear = button("Clear", () => { going?.stop(); field.value = ""; look(); });
  field.addEventListener("input", look);
  element.append(
    labelled("Text", field),
    el("div", { class: "p-row" }, start, stop, clear),
    el("div", { class: "p-row" }, temperature.part, top.part),
    state, wrong.line,
    el("h3", {}, "Likely next"), next.list,
  );
  look();
  return () => going?.stop();
}
