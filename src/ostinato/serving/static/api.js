// What the page asks the server; an answer with "error" is thrown as a sentence.

async function read(response) {
  let found = {};
  try { found = await response.json(); } catch { found = { error: `The server answered ${response.status}.` }; }
  if (!response.ok || found.error && !("name" in found)) throw new Error(found.error || `The server answered ${response.status}.`);
  return found;
}

export async function get(path) {
  return read(await fetch(path));
}

export async function post(path, body) {
  return read(await fetch(path, { method: "POST", body: body instanceof Blob ? body : JSON.stringify(body ?? {}) }));
}

// One WebSocket for keys that are typed and for trainings that are watched.
let socket = null;
let opening = null;
let number = 0;
const waiting = new Map();
const watchers = new Map();

function open() {
  if (socket && socket.readyState === WebSocket.OPEN) return Promise.resolve(socket);
  if (opening) return opening;
  opening = new Promise((resolve, reject) => {
    const made = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
    made.onopen = () => { socket = made; opening = null; resolve(made); };
    made.onclose = () => {
      socket = null;
      opening = null;
      const lost = new Error("The studio does not answer. Is it still running?");
      for (const { reject: refuse } of waiting.values()) refuse(lost);
      waiting.clear();
      reject(lost);
    };
    made.onmessage = (event) => {
      const told = JSON.parse(event.data);
      if (told.training) { watchers.get(told.training.name)?.(told.training); return; }
      const own = waiting.get(told.id);
      // Of questions that waited only the last was answered.
      for (const [id, each] of waiting) if (id <= told.id && each.panel === own?.panel) waiting.delete(id);
      if (!own) return;
      if (told.error) own.reject(new Error(told.error)); else own.resolve(told.answer);
    };
  });
  return opening;
}

// The answer to a question of a panel; those that were overtaken by a later one never answer.
export async function ask(panel, run, question) {
  const made = await open();
  const id = ++number;
  return new Promise((resolve, reject) => {
    waiting.set(id, { panel, resolve, reject });
    made.send(JSON.stringify({ id, panel, run, question }));
  });
}

export async function watch(run, told) {
  watchers.set(run, told);
  (await open()).send(JSON.stringify({ watch: run }));
  return () => watchers.delete(run);
}

export function send(panel, run, question, file) {
  const words = new URLSearchParams({ run, question: JSON.stringify({ ...question, file: file.name || "upload" }) });
  return post(`/api/panels/${panel}?${words}`, file);
}

// Pieces of a long answer, one by one; returns a function that stops it.
export function stream(panel, run, question, piece, ended) {
  const stop = new AbortController();
  (async () => {
    const response = await fetch(`/api/panels/${panel}?${new URLSearchParams({ run })}`, {
      method: "POST", body: JSON.stringify(question), signal: stop.signal,
    });
    if (!response.ok) throw new Error((await response.json()).error);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      rest += value || "";
      const lines = rest.split("\n");
      rest = lines.pop();
      for (const line of lines.filter(Boolean)) {
        const told = JSON.parse(line);
        if (told.error) throw new Error(told.error);
        piece(told);
      }
      if (done) break;
    }
    ended();
  })().catch((error) => { if (error.name === "AbortError") ended(); else ended(error); });
  return () => stop.abort();
}
