"""Numbers in beeps to words; or your own recordings.

python examples/speech.py
python examples/speech.py FOLDER
python examples/speech.py list.csv --sampling-rate 16000
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

import ostinato
from ostinato import data

RATE = 8000
# Two tones for each digit, as telephones dial.
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "zero"]


def dialled(count: int, seed: int) -> tuple[list[data.Recording], list[str]]:
    """Telephone numbers of 3 to 6 digits, dialled at different speeds on a noisy line."""
    random = np.random.default_rng(seed)
    recordings, texts = [], []
    for _ in range(count):
        digits = random.integers(10, size=random.integers(3, 7))
        parts = []
        for digit in digits:
            key = 10 if digit == 9 else digit
            at = np.arange(int(RATE * random.uniform(0.08, 0.16))) / RATE
            pitches = ROWS[key // 3], COLUMNS[key % 3]
            tone = sum(np.sin(2 * np.pi * pitch * at) for pitch in pitches)
            parts += [0.2 * tone, np.zeros(int(RATE * random.uniform(0.04, 0.1)))]
        samples = np.concatenate(parts) * random.uniform(0.3, 1.5)
        samples += 0.02 * random.normal(size=len(samples))
        recordings.append(data.Recording(samples=samples.astype(np.float32), rate=RATE))
        texts.append(" ".join(WORDS[digit] for digit in digits))
    return recordings, texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="folders, lists or tables with path and text")
    parser.add_argument("--sampling-rate", type=int, default=RATE)
    parser.add_argument("--epochs", type=int)
    words = parser.parse_args()
    if words.files:
        recordings, texts = data.read_recordings(data.read_transcripts(words.files))
        model = ostinato.SpeechRecognizer(
            sampling_rate=words.sampling_rate, guide="words", epochs=words.epochs or 60
        )
    else:
        recordings, texts = dialled(240, 0)
        model = ostinato.SpeechRecognizer(
            sampling_rate=RATE,
            bands=24,
            level="word",
            convolution=32,
            hidden_size=32,
            num_layers=1,
            bidirectional=False,
            dropout=0.1,
            batch_size=4,
            learning_rate=0.01,
            undisturbed=2,
            epochs=words.epochs or 20,
        )
    learn, test = data.split_random(len(texts), 0.15, seed=1)
    model.fit([recordings[k] for k in learn], [texts[k] for k in learn], validation=0.15)

    # The test rows were not seen in any way; the baseline always answers the commonest text.
    asked, truth = [recordings[k] for k in test], [texts[k] for k in test]
    for name, value in model.evaluate(asked, truth).items():
        print(f"{name:26} {value:.3f}")

    with tempfile.TemporaryDirectory() as directory:
        model.save(Path(directory) / "speech.safetensors")
        again = ostinato.load(Path(directory) / "speech.safetensors")
    heard = again.transcribe(asked[:1])[0]
    print("said: ", truth[0])
    print("heard:", heard.text, f"({heard.confidence:.2f})")
    for word in heard.words:
        print(f"  {word.start:5.2f} s  {word.text:6} {word.confidence:.2f}")

    if not again.bidirectional:  # as it is said, a fifth of a second at a time
        stream, samples = again.stream(), data.resample(asked[0], again.sampling_rate).samples
        piece = again.sampling_rate // 5
        for begin in range(0, len(samples), piece):
            found = stream.step(samples[begin : begin + piece])
            print(f"  after {found.seconds:4.1f} s: {found.text}")


if __name__ == "__main__":
    main()
