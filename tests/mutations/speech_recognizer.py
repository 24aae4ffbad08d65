"""Mistakes in speech: features, CTC decoding, and the recognizer."""

from __future__ import annotations

from tests.mutations import Mutation

MODEL = "src/ostinato/tasks/speech_recognizer"
CTC = "src/ostinato/decoding/ctc.py"
GUIDES = "src/ostinato/decoding/guides.py"
FOUND = "tests/decoding/test_decoding_ctc.py"
LEARNING = "tests/tasks/speech_recognizer/test_speech_learning.py"
SOUND = "tests/data/test_data_audio.py"

MUTATIONS = [
    # A label that repeats counts twice without a blank between.
    Mutation(
        CTC,
        "gained = (each.blank if again else total) + row[label]",
        "gained = total + row[label]",
        FOUND,
    ),
    # A label that goes on is forgotten.
    Mutation(
        CTC,
        "stays.other = _added(stays.other, each.other + row[prefix.label])",
        "stays.other = _added(stays.other, each.total + row[prefix.label])",
        FOUND,
    ),
    # The guide's end counts for nothing.
    Mutation(CTC, "+ kept.prefix.nats + (ends or 0.0)", "+ kept.prefix.nats", FOUND),
    # The beam ranks by sound alone.
    Mutation(
        CTC,
        "ranked = sorted(found.values(), key=lambda each: -(each.total + each.prefix.nats))",
        "ranked = sorted(found.values(), key=lambda each: each.total + each.prefix.nats)",
        FOUND,
    ),
    # The blank between equal labels may be left out.
    Mutation(CTC, "skips[3::2] = wanted[1:] != wanted[:-1]", "skips[3::2] = True", FOUND),
    Mutation(
        CTC,
        "return len(each) + int((each[1:] == each[:-1]).sum())",
        "return len(each)",
        FOUND,
    ),
    # Half a word may end a text.
    Mutation(
        GUIDES,
        "return None if begun else self.weight * self.model.end(known)",
        "return self.weight * self.model.end(known)",
        FOUND,
    ),
    # A separator after no word.
    Mutation(
        "src/ostinato/decoding/ngrams.py",
        "found = (self.counts.get((*known, piece), 0) + kinds * found) / (total + kinds)",
        "found = (self.counts.get((*known, piece), 0) + kinds * found) / (total + kinds + 1)",
        FOUND,
    ),
    # Frames that come twice, or too late.
    Mutation(
        "src/ostinato/data/audio_features.py",
        "self._computer.get_frame(self._taken + k)",
        "self._computer.get_frame(max(self._taken + k - 1, 0))",
        SOUND,
    ),
    Mutation(
        "src/ostinato/data/audio_features.py",
        "frames.dither, frames.samp_freq = 0.0, float(features.rate)",
        "frames.dither, frames.samp_freq = 1.0, float(features.rate)",
        SOUND,
    ),
    Mutation(
        "src/ostinato/data/audio.py",
        "array if array.ndim == 1 else array.mean(axis=1)",
        "array if array.ndim == 1 else array[:, 0]",
        SOUND,
    ),
    # Twice as fast is half as fast.
    Mutation(
        f"{MODEL}/learning.py",
        "count = max(1, round(len(frames) / factor))",
        "count = max(1, round(len(frames) * factor))",
        LEARNING,
    ),
    # Masks, speeds and dropout from the first epoch on.
    Mutation(
        f"{MODEL}/learning.py",
        "early = epoch < self.undisturbed",
        "early = epoch < self.undisturbed - 1",
        LEARNING,
    ),
    # The mean so far does not count the frame itself.
    Mutation(
        f"{MODEL}/rows.py",
        "counts = self.count + np.arange(1, len(frames) + 1)",
        "counts = self.count + np.arange(len(frames))",
        LEARNING,
    ),
    # Words that end where they begin.
    Mutation(
        f"{MODEL}/transcripts.py",
        "end=float(places[group[-1], 1] * step)",
        "end=float(places[group[0], 1] * step)",
        "tests/tasks/speech_recognizer/test_speech_recognizer.py::test_words_have_their_times",
    ),
]
