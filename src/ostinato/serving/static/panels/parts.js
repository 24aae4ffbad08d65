// What the panels share: elements, fields, files, bars, colours of the page for canvases.

/** An element: el("p", {class: "x", onclick: f}, child, ...). Properties with "-" are attributes. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "class") made.className = value;
    else if (name.includes("-") || name === "role" || name === "for") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((each) => each !== null && each !== undefined));
  return made;
}

let numbers = 0;

/** A label with its field. */
export function labelled(words, field, output) {
  field.id ||= `field-${++numbers}`;
  return el("label", { class: "p-field", for: field.id }, el("span", {}, words), field, output);
}

/** A slider that says its value. `name` shows a value; it is called `words`. */
export function slider(words, { min, max, step, value }, changed = () => {}) {
  const field = el("input", { type: "range", min, max, step, value });
  const output = el("output", {}, Number(value).toFixed(2).replace(/\.?0+$/, ""));
  field.addEventListener("input", () => {
    output.textContent = field.valueAsNumber.toFixed(2).replace(/\.?0+$/, "");
    changed(field.valueAsNumber);
  });
  return { part: labelled(words, field, output), field, get value() { return field.valueAsNumber; } };
}

export function select(words, choices, changed) {
  const field = el("select", {}, ...choices.map(([value, name]) => el("option", { value }, name)));
  field.addEventListener("change", () => changed(field.value));
  return { part: labelled(words, field), field };
}

export function button(words, pressed, properties = {}) {
  return el("button", { type: "button", class: "p-button", onclick: pressed, ...properties }, words);
}

/** Asks with the newest question alone: one is on its way, those between are left out. */
export function newest(ask, draw, failed) {
  let going = false, waiting = null;
  return async function put(question) {
    if (going) { waiting = question; return; }
    going = true;
    try {
      draw(await ask(question), question);
      failed("");
    } catch (error) {
      failed(error.message);
    }
    going = false;
    if (waiting !== null) { const next = waiting; waiting = null; put(next); }
  };
}

/** A line that tells what went wrong, read aloud. */
export function told() {
  const line = el("p", { class: "p-wrong", role: "alert" });
  const say = (words) => { line.textContent = words; line.hidden = !words; };
  say("");
  return { line, say };
}

/** Where a file is dropped or chosen; `taken(file)` gets it. */
export function dropped(words, accept, taken) {
  const field = el("input", { type: "file", accept, class: "p-file" });
  const zone = el("div", { class: "p-drop" }, labelled(words, field));
  field.addEventListener("change", () => { if (field.files.length) taken(field.files[0]); });
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) {
    zone.addEventListener(name, () => zone.classList.remove("over"));
  }
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) taken(event.dataTransfer.files[0]);
  });
  return zone;
}

/** Gives a file away. */
export function download(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export const percent = (share) => `${(100 * share).toFixed(share > 0.0995 || share === 0 ? 0 : 1)}%`;

/** Bars of [name, share], which keep their place where the names stay. */
export function bars(title) {
  const list = el("ul", { class: "p-bars", "aria-label": title });
  const rows = [];
  return {
    list,
    draw(found, marked) {
      while (rows.length > found.length) rows.pop().row.remove();
      found.forEach(([name, share], k) => {
        if (!rows[k]) {
          const label = el("span", { class: "p-name" });
          const fill = el("span", { class: "p-fill" });
          const value = el("span", { class: "p-value" });
          const row = el("li", {}, label, el("span", { class: "p-track" }, fill), value);
          rows[k] = { row, label, fill, value };
          list.append(row);
        }
        const { row, label, fill, value } = rows[k];
        label.textContent = shown(name);
        fill.style.transform = `scaleX(${share})`;
        value.textContent = percent(share);
        row.classList.toggle("first", name === marked);
      });
    },
  };
}

/** A token as it can be seen: spaces and line ends have signs. */
export const shown = (token) => token.replace(/\n/g, "↵").replace(/^ +| +$/g, (s) => "␣".repeat(s.length)) || "∅";

/** The colour of a name in panels.css, as canvases take it. */
export function colour(element, name) {
  const probe = el("span", { hidden: true });
  probe.style.color = `var(--${name})`;
  element.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** A canvas as wide as its place, sharp on any screen; `draw(context, width, height)`. */
export function picture(words, height, draw) {
  const canvas = el("canvas", { class: "p-canvas", role: "img", "aria-label": words });
  const paint = () => {
    const width = canvas.clientWidth, scale = window.devicePixelRatio || 1;
    if (!width) return;
    const tall = typeof height === "function" ? height(width) : height;
    canvas.style.height = `${tall}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(tall * scale);
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    draw(context, width, tall);
  };
  new ResizeObserver(paint).observe(canvas);
  whenColoursChange(paint);
  return { canvas, paint };
}

/** Runs when the page turns light or dark. */
export function whenColoursChange(again) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new MutationObserver(again).observe(document.documentElement, { attributes: true });
}
