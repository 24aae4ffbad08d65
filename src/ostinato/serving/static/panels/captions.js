// Drop an image: its caption, and where the model looked for each word.
import { dropped, el, picture, told } from "./parts.js";

export const title = "Caption an image";

export function mount(element, { post }) {
  const wrong = told();
  const caption = el("p", { class: "p-large", "aria-live": "polite" });
  const others = el("ol", { class: "p-soft", start: 2, "aria-label": "Other captions" });
  const words = el("div", { class: "p-row", role: "group", "aria-label": "Words of the caption" });
  let image = null, map = null;
  const view = picture("The image; light where the model looked", (width) => image ? Math.min(420, width * image.height / image.width) : 0, (context, width, height) => {
    if (!image) return;
    const wide = Math.min(width, height * image.width / image.height);
    context.drawImage(image, 0, 0, wide, height);
    if (!map) return;
    const largest = Math.max(...map.flat(), 1e-9), rows = map.length, columns = map[0].length;
    map.forEach((row, y) => row.forEach((share, x) => {
      context.fillStyle = `rgba(0, 0, 0, ${0.75 * (1 - share / largest)})`;
      context.fillRect(x * wide / columns, y * height / rows, wide / columns + 0.5, height / rows + 0.5);
    }));
  });
  async function taken(file) {
    try {
      image = await createImageBitmap(file).catch(() => null);
      const found = await post({ file: file.name }, file);
      wrong.say("");
      map = null;
      caption.textContent = found.captions[0][0];
      others.replaceChildren(...found.captions.slice(1).map(([text]) => el("li", {}, text)));
      words.replaceChildren(...found.words.map((word, k) => el("button", { type: "button", class: "p-button", "aria-pressed": "false", onclick: (event) => {
        const on = map !== found.maps[k];
        map = on ? found.maps[k] : null;
        for (const each of words.children) each.setAttribute("aria-pressed", String(on && each === event.currentTarget));
        view.paint();
      } }, word)));
    } catch (error) {
      wrong.say(error.message);
    }
    view.paint();
  }
  element.append(dropped("Drop an image here, or choose one", "image/*", taken), wrong.line, caption, others, words, view.canvas);
}
