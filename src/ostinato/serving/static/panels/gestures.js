// Draw strokes of a few classes; a network learns them in seconds, and tells them while you draw.
import { bars, button, colour, el, labelled, newest, percent, picture, told, whenColoursChange } from "./parts.js";

export const title = "Teach it gestures";

const WANTED = 10;
const PAUSE = 900; // milliseconds without the pen after which a drawing is finished

export function mount(element, { ask, post }) {
  const wrong = told();
  const classes = []; // {name, drawings: [strokes]}
  let chosen = 0, network = null, strokes = [], pen = null, finished = false, timer = 0, course = null, names = [];

  const list = el("div", { class: "p-classes", role: "group", "aria-label": "Classes" });
  const state = el("p", { class: "p-large", role: "status" });
  const answer = bars("How sure the network is of each class");
  const pad = picture("Drawing pad: press and draw", (width) => Math.min(width, 380), draw);
  pad.canvas.classList.add("p-pad");
  const time = picture("How sure the network was of each class while you drew", () => course ? 90 : 0, drawCourse);
  const tell = newest(ask, (found) => {
    if (!network || !strokes.length) return;
    answer.draw(found.classes.map((name, k) => [name, found.shares[k]]), found.label);
    state.textContent = `${found.label}! (${percent(found.confidence)})`;
    course = found.course;
    names = found.classes;
    time.paint();
  }, wrong.say);

  // Drawing.

  const place = (event) => {
    const box = pad.canvas.getBoundingClientRect();
    const side = Math.min(box.width, box.height);
    return [(event.clientX - box.left) / side, (event.clientY - box.top) / side].map((each) => Math.round(1e4 * each) / 1e4);
  };
  pad.canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    pad.canvas.setPointerCapture(event.pointerId);
    clearTimeout(timer);
    if (finished) { strokes = []; finished = false; }
    pen = [place(event)];
    strokes.push(pen);
    pad.paint();
  });
  pad.canvas.addEventListener("pointermove", (event) => {
    if (!pen) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) pen.push(place(each));
    pad.paint();
    if (network) tell({ do: "tell", network, strokes });
  });
  const lift = () => {
    if (!pen) return;
    pen = null;
    if (network) tell({ do: "tell", network, strokes });
    timer = setTimeout(finish, network ? PAUSE : PAUSE / 2);
  };
  for (const name of ["pointerup", "pointercancel"]) pad.canvas.addEventListener(name, lift);

  function finish() {
    finished = true;
    if (network) return;
    if (!classes.length) add("one");
    classes[chosen].drawings.push(strokes);
    strokes = [];
    say();
    if (classes.every((each) => each.drawings.length >= WANTED) && classes.length > 1) train();
  }

  // Classes and training.

  function add(name) {
    classes.push({ name, drawings: [] });
    chosen = classes.length - 1;
    say();
  }
  function listed() {
    list.replaceChildren(...classes.map((each, k) => {
      const pressed = String(k === chosen && !network);
      return el("button", { type: "button", class: "p-button p-class", "aria-pressed": pressed, onclick: () => { chosen = k; forget(); } },
        el("strong", {}, each.name), el("span", {}, ` ${each.drawings.length} of ${WANTED}`), thumbnail(each.drawings));
    }));
  }
  whenColoursChange(listed);
  function say(words) {
    listed();
    const short = classes.findIndex((each) => each.drawings.length < WANTED);
    state.textContent = words ?? (!classes.length ? "Name two things to draw, or load the example."
      : classes.length < 2 ? "Name one more thing." : short >= 0 ? `Draw “${classes[chosen].name}” ${Math.max(0, WANTED - classes[chosen].drawings.length)} more times.` : "Ready to learn.");
    learn.disabled = classes.length < 2 || classes.some((each) => each.drawings.length < 2);
    pad.paint();
  }
  function thumbnail(drawings) {
    const canvas = el("canvas", { width: 44, height: 44, "aria-hidden": "true" });
    const context = canvas.getContext("2d");
    context.strokeStyle = colour(element, "p-ink");
    context.lineWidth = 1.5;
    trace(context, drawings.at(-1) ?? [], 44);
    return canvas;
  }
  function forget() {
    network = course = null;
    strokes = [];
    answer.draw([], null);
    time.paint();
    say();
  }
  async function train() {
    state.textContent = "Learning…";
    learn.disabled = true;
    element.classList.add("p-busy");
    try {
      const drawings = classes.flatMap(({ name: label, drawings: all }) => all.map((each) => ({ label, strokes: each })));
      const found = await post({ do: "train", drawings });
      wrong.say("");
      network = found.network;
      strokes = [];
      say(`Learned from ${found.drawings} drawings in ${found.seconds.toFixed(1)} s. Draw one!`);
      answer.draw(found.classes.map((each) => [each, 0]), null);
      test.disabled = false;
    } catch (error) {
      wrong.say(error.message);
      say();
    }
    element.classList.remove("p-busy");
  }
  async function load() {
    try {
      const { drawings } = await post({ do: "shapes", seed: Math.floor(1e6 * Math.random()) });
      classes.length = 0;
      for (const { label, strokes: given } of drawings) {
        let found = classes.find((each) => each.name === label);
        if (!found) classes.push(found = { name: label, drawings: [] });
        found.drawings.push(given);
      }
      chosen = 0;
      network = null;
      await train();
    } catch (error) {
      wrong.say(error.message);
    }
  }
  /** Draws a shape of chance point by point, as a hand would. */
  async function show() {
    if (!network) { wrong.say("Let it learn first."); return; }
    const { drawings } = await post({ do: "shapes", seed: Math.floor(1e6 * Math.random()) });
    const one = drawings[Math.floor(Math.random() * drawings.length)];
    const [points] = one.strokes;
    strokes = [[]];
    finished = false;
    for (const point of points) {
      strokes[0].push(point);
      pad.paint();
      tell({ do: "tell", network, strokes });
      await new Promise((done) => setTimeout(done, 16));
    }
    finished = true;
  }

  const name = el("input", { type: "text", maxLength: 20, placeholder: "circle" });
  const form = el("form", { class: "p-row", onsubmit: (event) => {
    event.preventDefault();
    const given = name.value.trim();
    if (!given) return;
    if (classes.some((each) => each.name === given)) { wrong.say(`“${given}” is there already.`); return; }
    if (classes.length >= 8) { wrong.say("Eight things are the most."); return; }
    wrong.say("");
    forget();
    add(given);
    name.value = "";
  } }, labelled("Name of a thing to draw", name), el("button", { class: "p-button" }, "Add"));
  const learn = button("Learn", train, { class: "p-button main", disabled: true });
  const test = button("Draw one for me", show, { disabled: true });
  const example = button("Load four shapes and learn", load);
  const undo = button("Take the last drawing back", () => { classes[chosen]?.drawings.pop(); forget(); });
  const clear = button("Begin anew", () => { classes.length = 0; test.disabled = true; forget(); });

  // Pictures.

  function trace(context, given, side) {
    for (const stroke of given) {
      context.beginPath();
      stroke.forEach(([x, y]) => context.lineTo(x * side, y * side));
      context.stroke();
    }
  }
  function draw(context, width, height) {
    const side = Math.min(width, height);
    context.lineCap = context.lineJoin = "round";
    if (!network && classes[chosen]) { // what was drawn of this class shines through
      context.strokeStyle = colour(element, "p-grid");
      context.lineWidth = 2;
      for (const each of classes[chosen].drawings.slice(-12)) trace(context, each, side);
    }
    context.strokeStyle = colour(element, "p-c1");
    context.lineWidth = 5;
    trace(context, strokes, side);
    if (!strokes.length) {
      context.fillStyle = colour(element, "p-soft");
      context.font = "15px system-ui, sans-serif";
      context.textAlign = "center";
      context.fillText("Draw here", width / 2, height / 2);
    }
  }
  function drawCourse(context, width, height) {
    if (!course) return;
    const shades = ["p-c1", "p-c2", "p-c3", "p-c4", "p-c5", "p-soft"], dashes = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
    context.font = "13px system-ui, sans-serif";
    context.textAlign = "right";
    names.forEach((name, k) => {
      context.strokeStyle = colour(element, shades[k % 6]);
      context.setLineDash(dashes[k % 4]);
      context.lineWidth = 2;
      context.beginPath();
      course.forEach((shares, step) => context.lineTo(width * step / Math.max(1, course.length - 1), 4 + (height - 8) * (1 - shares[k])));
      context.stroke();
      context.fillStyle = context.strokeStyle;
      const last = course.at(-1)[k];
      if (last > 0.25) context.fillText(name, width - 4, Math.min(height - 4, 20 + (height - 8) * (1 - last)));
    });
  }

  element.append(
    el("div", { class: "p-row" }, example, test, undo, clear),
    form, list, el("div", { class: "p-row" }, learn), state, wrong.line,
    el("div", { class: "p-two" }, pad.canvas, el("div", {}, answer.list, time.canvas)),
  );
  say();
  return () => clearTimeout(timer);
}
