// Continue a piece or begin one: a piano roll that plays.
import { button, colour, download, dropped, el, picture, slider, told } from "./parts.js";

export const title = "Compose";

const HARMONICS = [1, 0.45, 0.25, 0.12, 0.06];

export function mount(element, { post }) {
  const wrong = told();
  const state = el("p", { class: "p-soft", role: "status" }, "Press Compose for a piece from nothing, or drop the beginning of one.");
  const seconds = slider("Seconds to write", { min: 2, max: 60, step: 1, value: 20 });
  const temperature = slider("Temperature: above 1 dares", { min: 0, max: 2, step: 0.05, value: 1 });
  let file = null, piece = null, playing = null;
  const roll = picture("Piano roll: time to the right, pitch upwards; given notes are grey", () => piece ? 280 : 0, (context, width, height) => {
    if (piece) draw(context, width, height, piece, playing?.at() ?? null, element);
  });
  async function compose() {
    stop();
    state.textContent = "Composing…";
    try {
      const question = { seconds: seconds.value, temperature: temperature.value };
      if (file) question.file = file.name;
      piece = await post(question, file ?? undefined);
      wrong.say("");
      const given = piece.known ? `, after ${piece.known} given steps` : "";
      state.textContent = `${piece.notes.length} notes, ${piece.seconds.toFixed(1)} s at ${Math.round(piece.tempo)} beats a minute${given}.`;
      for (const each of [play, midi, wav]) each.disabled = false;
    } catch (error) {
      wrong.say(error.message);
      state.textContent = "";
    }
    roll.paint();
  }
  function stop() {
    playing?.stop();
    playing = null;
    play.textContent = "Play";
    roll.paint();
  }
  const start = button("Compose", compose, { class: "p-button main" });
  const anew = button("Forget the file", () => { file = null; anew.hidden = true; compose(); }, { hidden: true });
  const play = button("Play", () => {
    if (playing) { stop(); return; }
    playing = sound(piece, stop);
    play.textContent = "Stop";
    const follow = () => { if (playing) { roll.paint(); requestAnimationFrame(follow); } };
    follow();
  }, { disabled: true });
  const take = (form, type) => async () => {
    try {
      const { voices, tempo, steps_per_beat } = piece;
      const { name, content } = await post({ do: "file", form, voices, tempo, steps_per_beat });
      download(name, Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0)), type);
    } catch (error) {
      wrong.say(error.message);
    }
  };
  const midi = button("Download MIDI", take("midi", "audio/midi"), { disabled: true });
  const wav = button("Download sound", take("wav", "audio/wav"), { disabled: true });
  element.append(
    dropped("Drop a MIDI file to continue, or choose one", ".mid,.midi", (given) => { file = given; anew.hidden = false; compose(); }),
    el("div", { class: "p-row" }, seconds.part, temperature.part),
    el("div", { class: "p-row" }, start, play, midi, wav, anew),
    state, wrong.line, roll.canvas,
  );
  return stop;
}

function draw(context, width, height, piece, at, element) {
  const pitches = piece.notes.map((note) => note[2]);
  const low = Math.min(...pitches) - 2, high = Math.max(...pitches) + 3;
  const x = (step) => width * step / piece.steps, y = (pitch) => height * (high - pitch) / (high - low), tall = height / (high - low);
  context.fillStyle = colour(element, "p-grid");
  for (let pitch = low; pitch < high; pitch++) {
    if ([1, 3, 6, 8, 10].includes(pitch % 12)) context.fillRect(0, y(pitch), width, tall);
  }
  const shades = ["p-c1", "p-c2", "p-c3", "p-c4", "p-c5"].map((name) => colour(element, name));
  const grey = colour(element, "p-soft");
  for (const [start, end, pitch, voice] of piece.notes) {
    context.fillStyle = start < piece.known ? grey : shades[voice % shades.length];
    context.beginPath();
    context.roundRect(x(start) + 0.5, y(pitch) + 0.5, Math.max(2, x(end) - x(start) - 1.5), Math.max(2, tall - 1), 2);
    context.fill();
  }
  context.fillStyle = grey;
  context.font = "11px system-ui, sans-serif";
  for (let pitch = low; pitch < high; pitch++) if (pitch % 12 === 0) context.fillText(`C${pitch / 12 - 1}`, 2, y(pitch) + tall);
  if (at !== null) {
    context.fillStyle = colour(element, "p-ink");
    context.fillRect(x(at / piece.step_seconds), 0, 2, height);
  }
}

/** Plays a piece; `ended` is called at its end. */
function sound(piece, ended) {
  const audio = new AudioContext(), from = audio.currentTime + 0.1;
  const shape = audio.createPeriodicWave(new Float32Array(6), Float32Array.from([0, ...HARMONICS]));
  const all = new GainNode(audio, { gain: 0.9 / (1 + Math.max(...piece.notes.map((n) => n[3]), 1)) });
  all.connect(audio.destination);
  for (const [start, end, pitch] of piece.notes) {
    const begin = from + start * piece.step_seconds, close = from + end * piece.step_seconds;
    const tone = new OscillatorNode(audio, { frequency: 440 * 2 ** ((pitch - 69) / 12) });
    tone.setPeriodicWave(shape);
    const loud = new GainNode(audio, { gain: 0 });
    loud.gain.setTargetAtTime(0.5, begin, 0.012);
    loud.gain.setTargetAtTime(0.12, begin + 0.06, 1.5);
    loud.gain.setTargetAtTime(0, close, 0.04);
    tone.connect(loud).connect(all);
    tone.start(begin);
    tone.stop(close + 0.3);
  }
  const timer = setTimeout(ended, 1000 * (piece.seconds + 0.5));
  return {
    at: () => Math.max(0, audio.currentTime - from),
    stop() { clearTimeout(timer); audio.close(); },
  };
}
