// Elements in few words: make("p", {class: "soft"}, "text", child).

export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

let names = 0;

// A label and its field below it; the label's own text names the field.
export function field(words, input, hint = "") {
  input.id ||= `field-${++names}`;
  const label = make("label", { for: input.id }, words);
  if (hint) label.append(make("small", {}, hint));
  return make("div", {}, label, input);
}

export function table(head, rows) {
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table of ${head.join(", ")}` }, make("table", {},
    make("thead", {}, make("tr", {}, ...head.map((word) => make("th", { scope: "col" }, word)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell) =>
      make("td", { class: typeof cell === "number" ? "number" : null }, typeof cell === "number" ? short(cell) : cell ?? "")))))));
}

export function short(value) {
  if (value === null || value === undefined) return "";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3 ? value.toExponential(2) : value.toPrecision(4);
}

// Bars of names and shares from 0 to 1 (or of the largest), with the number beside.
export function bars(rows, largest = 1) {
  return make("div", {}, ...rows.map(([name, value]) => make("div", { class: "bar" },
    make("span", { title: name }, name),
    make("span", { "aria-hidden": "true" }, make("i", { style: `width:${Math.max(0, Math.min(100, (100 * value) / largest))}%` })),
    make("span", {}, largest === 1 ? `${(100 * value).toFixed(1)} %` : short(value)))));
}

// A file that is chosen or dropped.
export function dropzone(words, accept, taken) {
  const input = make("input", { type: "file", accept, onchange: () => { if (input.files[0]) taken(input.files[0]); } });
  const box = make("div", { class: "drop" }, field(words, input, "Choose it, or drop it here."));
  box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    if (event.dataTransfer.files[0]) taken(event.dataTransfer.files[0]);
  });
  return box;
}
