// Type a text: its class, entities or translation come with each key.
import { bars, el, newest, percent, labelled, select, told } from "./parts.js";

export const title = "Read a text";

const EXAMPLE = {
  "text-classifier": "Type here: the label and how sure it is change with each key.",
  "sequence-tagger": "Ada Lovelace met Charles Babbage in London.",
  translator: "Type a sentence to translate.",
};

export function mount(element, { run, ask }) {
  const wrong = told();
  const field = el("textarea", { rows: 4, spellcheck: false, placeholder: EXAMPLE[run.kind] ?? "" });
  const answer = el("div", { class: "p-answer" });
  let question = { text: "" };
  const draw = { "text-classifier": classes, "sequence-tagger": entities, translator: translation }[run.kind](answer, change);
  const put = newest(ask, (found) => draw(found), wrong.say);
  function change(more) {
    question = { ...question, ...more };
    put(question);
  }
  field.addEventListener("input", () => change({ text: field.value }));
  element.append(labelled("Text", field), draw.controls ?? "", wrong.line, answer);
  change({});
}

function classes(answer, change) {
  const label = el("p", { class: "p-large", "aria-live": "polite" });
  const found = bars("Probability of each class");
  const tinted = el("p", { class: "p-tinted" });
  const legend = el("p", { class: "p-soft" });
  const unit = el("input", { type: "number", min: 0, value: 0, step: 1 });
  const unitPart = labelled("Unit", unit);
  unitPart.hidden = true;
  unit.addEventListener("input", () => { if (unit.value !== "") change({ unit: unit.valueAsNumber }); });
  const tint = select("Tint the words by", [["influence", "their influence"], ["unit", "one unit's output"], ["none", "nothing"]], (value) => {
    unitPart.hidden = value !== "unit";
    change({ tint: value });
  });
  answer.append(label, found.list, tinted, legend);
  const draw = ({ label: name, classes: shares, tokens, separator, units }) => {
    label.textContent = `${name} (${percent(shares[0][1])})`;
    found.draw(shares, name);
    unit.max = units - 1;
    const largest = Math.max(1e-9, ...tokens.map(([, value]) => Math.abs(value)));
    tinted.replaceChildren(...tokens.flatMap(([token, value]) => [
      tintedWord(token, value / largest, value), separator ?? "",
    ]));
    legend.textContent = !tokens.length ? "" : unitPart.hidden
      ? `Blue speaks for “${name}”, orange (underlined) against it.`
      : `What unit ${unit.value} of ${units} puts out after each word: blue above zero, orange (underlined) below.`;
  };
  draw.controls = el("div", { class: "p-row" }, tint.part, unitPart);
  return draw;
}

function tintedWord(token, share, value) {
  const word = el("span", { class: share < 0 ? "p-token low" : "p-token", title: value.toPrecision(3) }, token);
  word.style.setProperty("--strength", `${Math.round(60 * Math.abs(share))}%`);
  return word;
}

function entities(answer) {
  const text = el("p", { class: "p-tinted", "aria-live": "polite" });
  const none = el("p", { class: "p-soft" });
  answer.append(text, none);
  const types = [];
  return ({ text: whole, spans }) => {
    const signs = [...whole]; // positions count characters, not UTF-16 units
    const parts = [];
    let at = 0;
    for (const { start, end, type, confidence } of spans) {
      if (!types.includes(type)) types.push(type);
      parts.push(signs.slice(at, start).join(""));
      const mark = el("mark", { class: `p-entity c${types.indexOf(type) % 6}` }, signs.slice(start, end).join(""), el("small", {}, ` ${type} ${percent(confidence)}`));
      parts.push(mark);
      at = end;
    }
    parts.push(signs.slice(at).join(""));
    text.replaceChildren(...parts);
    none.textContent = spans.length || !whole ? "" : "Nothing is found in this text.";
  };
}

function translation(answer) {
  const best = el("p", { class: "p-large", "aria-live": "polite" });
  const others = el("ol", { class: "p-soft", "aria-label": "Other answers of the search", start: 2 });
  const place = el("div", { class: "p-scroll", tabIndex: 0, role: "region", "aria-label": "Attention" });
  answer.append(best, others, place);
  return ({ answers, source, target, weights }) => {
    best.textContent = answers[0]?.[0] ?? "";
    others.replaceChildren(...answers.slice(1).map(([text]) => el("li", {}, text)));
    place.hidden = !weights.length;
    if (!weights.length) return;
    const head = el("tr", {}, el("td"), ...source.map((each) => el("th", { scope: "col" }, each)));
    const rows = target.map((word, k) => el("tr", {}, el("th", { scope: "row" }, word), ...weights[k].map((share) => {
      const cell = el("td", { title: percent(share), class: "p-cell" });
      cell.style.setProperty("--strength", `${Math.round(100 * share)}%`);
      return cell;
    })));
    place.replaceChildren(el("table", { class: "p-matrix" }, el("caption", {}, "Where it looked for each word of the answer"), el("thead", {}, head), el("tbody", {}, ...rows)));
  };
}
