// Record or drop a sound: its spectrogram, what was heard and when.
import { button, colour, dropped, el, percent, picture, told } from "./parts.js";

export const title = "Listen";

export function mount(element, { post }) {
  const wrong = told();
  const text = el("p", { class: "p-large", "aria-live": "polite" });
  const facts = el("p", { class: "p-soft" });
  const list = el("ol", { class: "p-facts", "aria-label": "Words and their times" });
  const state = el("span", { class: "p-soft", role: "status" });
  let found = null, recorder = null;
  const view = picture("Spectrogram: time to the right, pitch upwards, with the words where they were heard", () => found ? 260 : 0, (context, width, height) => {
    if (found) spectrogram(context, width, height, found, element);
  });
  const sure = picture("How sure the network is at each moment: the likeliest letter, and the pause (dashed)", () => found ? 110 : 0, (context, width, height) => {
    if (found) certainty(context, width, height, found, element);
  });
  async function taken(file) {
    state.textContent = "Listening…";
    try {
      found = await post({ file: file.name }, file);
      wrong.say("");
      text.textContent = found.text || "(nothing was heard)";
      facts.textContent = `${found.seconds.toFixed(2)} s, ${percent(found.confidence)} sure${found.clipped > 0.005 ? "; the microphone was overdriven" : ""}`;
      list.replaceChildren(...found.words.map((w) => el("li", {}, `${w.text}: ${w.start.toFixed(2)} to ${w.end.toFixed(2)} s, ${percent(w.confidence)} sure`)));
    } catch (error) {
      found = null;
      wrong.say(error.message);
      text.textContent = facts.textContent = "";
      list.replaceChildren();
    }
    state.textContent = "";
    view.paint();
    sure.paint();
  }
  const record = button("Record", async () => {
    if (recorder) { recorder.stop(); return; }
    try {
      const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
      recorder = new MediaRecorder(microphone);
    } catch {
      wrong.say("The page may not use a microphone. Allow it in the browser, or drop a wav.");
      return;
    }
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = async () => {
      recorder.stream.getTracks().forEach((track) => track.stop());
      recorder = null;
      record.textContent = "Record";
      try {
        taken(new File([await toWav(new Blob(parts))], "recording.wav"));
      } catch {
        wrong.say("Nothing was recorded. Speak a little longer.");
      }
    };
    recorder.start();
    record.textContent = "Stop and listen";
    state.textContent = "Recording…";
  }, { class: "p-button main" });
  element.append(el("div", { class: "p-row" }, record, state), dropped("Or drop a wav here, or choose one", ".wav,.flac,.ogg", taken), wrong.line, text, facts, view.canvas, sure.canvas, list);
  return () => recorder?.stop();
}

/** What a browser recorded as a wav of 16 bits, one channel. */
async function toWav(blob) {
  const context = new AudioContext();
  const sound = await context.decodeAudioData(await blob.arrayBuffer());
  context.close();
  const samples = new Float32Array(sound.length);
  for (let c = 0; c < sound.numberOfChannels; c++) {
    sound.getChannelData(c).forEach((value, k) => { samples[k] += value / sound.numberOfChannels; });
  }
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const words = (at, text) => [...text].forEach((sign, k) => view.setUint8(at + k, sign.charCodeAt(0)));
  words(0, "RIFF"); view.setUint32(4, 36 + 2 * samples.length, true); words(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, sound.sampleRate, true); view.setUint32(28, 2 * sound.sampleRate, true);
  view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  words(36, "data"); view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, k) => view.setInt16(44 + 2 * k, Math.max(-1, Math.min(1, value)) * 32767, true));
  return view.buffer;
}

function spectrogram(context, width, height, found, element) {
  const bands = found.spectrogram, rows = bands.length, columns = bands[0].length, plot = height - 42;
  const image = new ImageData(columns, rows);
  bands.forEach((band, y) => band.forEach((decibels, x) => {
    const loud = 1 + decibels / 80, at = 4 * ((rows - 1 - y) * columns + x); // 0 to 1
    // From black over blue and orange to white: lightness alone tells loudness too.
    image.data[at] = 255 * Math.min(1, Math.max(0, 2.4 * loud - 0.7));
    image.data[at + 1] = 255 * Math.min(1, Math.max(0, 1.6 * loud - 0.5));
    image.data[at + 2] = 255 * (loud < 0.45 ? 1.5 * loud : Math.max(0.15, 1.3 * loud - 0.35));
    image.data[at + 3] = 255;
  }));
  const small = new OffscreenCanvas(columns, rows);
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, width, plot);
  const place = (seconds) => width * seconds / found.seconds;
  context.font = "13px system-ui, sans-serif";
  context.fillStyle = colour(element, "p-ink");
  let free = 0;
  for (const word of found.words) {
    const x = Math.min(place(word.start), width - 2);
    context.fillRect(x, plot, Math.max(2, place(word.end) - x), 4);
    if (x < free) continue;
    context.fillText(word.text, x, plot + 18);
    free = x + context.measureText(word.text).width + 6;
  }
  context.fillStyle = colour(element, "p-soft");
  const every = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30].find((each) => place(each) > 60) ?? 60;
  for (let at = 0; place(at) < width - 30; at += every) context.fillText(`${+at.toFixed(2)} s`, place(at), height - 4);
}

function certainty(context, width, height, { sure, seconds }, element) {
  const line = (values, name, dash) => {
    context.strokeStyle = colour(element, name);
    context.setLineDash(dash);
    context.lineWidth = 1.6;
    context.beginPath();
    values.forEach((value, k) => context.lineTo(width * k * sure.step / seconds, 4 + (height - 8) * (1 - value)));
    context.stroke();
  };
  line(sure.blank, "p-soft", [5, 4]);
  line(sure.label, "p-c2", []);
  context.setLineDash([]);
}
