// A matrix as pixels: zoomed by wheel, keys + and -, and buttons; moved by dragging and arrow keys.

import { colour } from "./charts.js";

export function decode(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

// Blue below zero, nearly white (or black) at zero, orange above: told apart by the colour blind.
function shades(dark) {
  const ends = dark ? [[90, 170, 250], [24, 29, 35], [245, 160, 90]] : [[20, 90, 170], [250, 250, 248], [180, 85, 10]];
  const table = new Uint8ClampedArray(511 * 4);
  for (let k = 0; k < 511; k += 1) {
    const [from, to, part] = k < 255 ? [ends[1], ends[0], (255 - k) / 255] : [ends[1], ends[2], (k - 255) / 255];
    for (let c = 0; c < 3; c += 1) table[4 * k + c] = from[c] + (to[c] - from[c]) * part;
    table[4 * k + 3] = 255;
  }
  return table;
}

export function heatmap(element, { rows, columns, values, largest, label = "" }) {
  const canvas = document.createElement("canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${label}: ${rows} rows and ${columns} columns from -${largest.toPrecision(3)} to ${largest.toPrecision(3)}. Keys + and - zoom, arrows move, 0 shows all.`);
  const told = document.createElement("p");
  told.className = "soft";
  element.append(canvas, told);
  const image = document.createElement("canvas");
  image.width = columns;
  image.height = rows;
  let view = { x: 0, y: 0, zoom: 1 };
  let spent = 0;

  function paint() {
    const begun = performance.now();
    const table = shades(document.documentElement.dataset.theme === "dark");
    const pixels = new ImageData(columns, rows);
    const words = new Uint32Array(pixels.data.buffer);
    const colours = new Uint32Array(table.buffer);
    const scale = largest ? 255 / largest : 0;
    for (let k = 0; k < values.length; k += 1) {
      words[k] = colours[Math.max(0, Math.min(510, Math.round(values[k] * scale) + 255))];
    }
    image.getContext("2d").putImageData(pixels, 0, 0);
    draw();
    spent = performance.now() - begun;
    canvas.dataset.milliseconds = spent.toFixed(1);
  }

  function draw() {
    const width = Math.max(240, Math.floor(element.clientWidth || 600));
    canvas.width = width;
    canvas.height = Math.min(520, Math.max(160, Math.round((width * rows) / columns)));
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.fillStyle = colour("--back");
    context.fillRect(0, 0, canvas.width, canvas.height);
    const x = canvas.width / columns * view.zoom;
    const y = canvas.height / rows * view.zoom;
    context.drawImage(image, -view.x * x, -view.y * y, columns * x, rows * y);
  }

  function keep() {
    view.zoom = Math.max(1, Math.min(64, view.zoom));
    view.x = Math.max(0, Math.min(columns - columns / view.zoom, view.x));
    view.y = Math.max(0, Math.min(rows - rows / view.zoom, view.y));
    draw();
  }

  function zoom(factor, px = 0.5, py = 0.5) {
    const [x, y] = [view.x + px * columns / view.zoom, view.y + py * rows / view.zoom];
    view.zoom = Math.max(1, Math.min(64, view.zoom * factor));
    view.x = x - px * columns / view.zoom;
    view.y = y - py * rows / view.zoom;
    keep();
  }

  canvas.addEventListener("keydown", (event) => {
    const step = 0.1 / view.zoom;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key === "+" || event.key === "=") zoom(1.5);
    else if (event.key === "-") zoom(1 / 1.5);
    else if (event.key === "0") { view = { x: 0, y: 0, zoom: 1 }; keep(); }
    else if (moves[event.key]) { view.x += moves[event.key][0] * columns; view.y += moves[event.key][1] * rows; keep(); }
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && view.zoom === 1 && event.deltaY > 0) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.offsetX / canvas.clientWidth, event.offsetY / canvas.clientHeight);
  }, { passive: false });
  let held = null;
  canvas.addEventListener("pointerdown", (event) => { held = [event.offsetX, event.offsetY]; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointerup", () => { held = null; });
  canvas.addEventListener("pointermove", (event) => {
    const column = Math.floor(view.x + event.offsetX / canvas.clientWidth * columns / view.zoom);
    const row = Math.floor(view.y + event.offsetY / canvas.clientHeight * rows / view.zoom);
    const value = values[row * columns + column];
    if (value !== undefined) told.textContent = `row ${row}, column ${column}: ${value.toPrecision(4)}`;
    if (!held) return;
    view.x -= (event.offsetX - held[0]) / canvas.clientWidth * columns / view.zoom;
    view.y -= (event.offsetY - held[1]) / canvas.clientHeight * rows / view.zoom;
    held = [event.offsetX, event.offsetY];
    keep();
  });
  paint();
  told.textContent = "Zoom with + and - or the wheel, move with arrows or by dragging, 0 shows all.";
  window.addEventListener("themed", paint);
  const watcher = new ResizeObserver(draw);
  watcher.observe(element);
  return { milliseconds: () => spent, remove() { watcher.disconnect(); window.removeEventListener("themed", paint); canvas.remove(); told.remove(); } };
}
