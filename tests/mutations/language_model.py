"""Mistakes in the language model and in how tokens are drawn."""

from __future__ import annotations

from tests.mutations import Mutation

MODEL = "src/ostinato/tasks/language_model"
SAMPLING = "src/ostinato/decoding/sampling.py"
TESTS = "tests/tasks/language_model/test_language_model.py"
MODULE = "tests/tasks/language_model/test_language_model_module.py"
DRAWN = "tests/decoding/test_decoding_sampling.py"

MUTATIONS = [
    # Evaluation that carries the state from text to text.
    Mutation(
        f"{MODEL}/measures.py",
        "state, before = None, np.array([PADDING])",
        "before = np.array([PADDING])",
        f"{TESTS}::test_every_text_is_measured_as_alone",
    ),
    # The n-grams of a text that begin in the one before it.
    Mutation(
        f"{MODEL}/measures.py",
        "tokens = np.concatenate([before, row])",
        "tokens = np.concatenate([before[:1], row])",
        f"{TESTS}::test_files_are_read_as_texts_are",
    ),
    # A word right behind the prompt.
    Mutation(
        f"{MODEL}/writing.py",
        'words = iter([" " if prompt and not prompt[-1].isspace() else ""])',
        'words = iter([""])',
        f"{TESTS}::test_words_stand_apart_from_the_prompt",
    ),
    # A repetition penalty that does not know the prompt.
    Mutation(
        f"{MODEL}/writing.py",
        "self.recent = Recent(tokens)",
        "self.recent = Recent([row[:0] for row in tokens])",
        f"{TESTS}::test_the_penalty_of_repetition_knows_the_prompt",
    ),
    # Texts that go on after one beside them has stopped, with its tokens.
    Mutation(
        f"{MODEL}/writing.py",
        "                self.last = self.last[left]\n",
        "                self.last = self.last[: len(left)]\n",
        f"{TESTS}::test_prompts_of_many_lengths_are_written_as_each_alone",
    ),
    # A prompt's score taken at a padded step.
    Mutation(
        f"{MODEL}/writing.py",
        "outputs[some] = values[some, counts[some] - 1]",
        "outputs[some] = values[some, -1]",
        f"{TESTS}::test_prompts_of_many_lengths_are_written_as_each_alone",
    ),
    # Options that are looked at only when the first piece is asked for.
    Mutation(
        f"{MODEL}/estimator.py",
        "        return pieces()  # options",
        "        yield from pieces()  # options",
        f"{TESTS}::test_wrong_words_for_writing",
    ),
    # The state of training that goes on in validation.
    Mutation(
        f"{MODEL}/learning.py",
        'None if batch["start"] else states.get(torch.is_grad_enabled())',
        "states.get(torch.is_grad_enabled())",
        TESTS,
    ),
    Mutation(
        f"{MODEL}/module.py",
        "loss = loss + change * (outputs[:, 1:] - outputs[:, :-1]).square().mean()",
        "loss = loss + change * (dropped[:, 1:] - dropped[:, :-1]).square().mean()",
        f"{MODULE}::test_penalties_are_means_of_squares_in_training_alone",
    ),
    Mutation(
        SAMPLING,
        "            scores[np.arange(len(scores))[:, None], recent] -= self.penalty",
        "            np.subtract.at(\n"
        "                scores, (np.arange(len(scores))[:, None], recent), self.penalty\n"
        "            )",
        DRAWN,
    ),
    Mutation(
        SAMPLING,
        "        scores[:, : self.first] = -np.inf\n",
        "        scores[:, : self.first - 1] = -np.inf\n",
        DRAWN,
    ),
    Mutation(
        SAMPLING,
        "self.top_p * sums[:, -1:]",
        "self.top_p",
        DRAWN,
    ),
    Mutation(
        SAMPLING,
        "                scores /= self.temperature",
        "                scores *= self.temperature",
        DRAWN,
    ),
    Mutation(
        SAMPLING,
        "        self.tokens[:, self.count % RECENT] = tokens",
        "        self.tokens[:, -1 - self.count % RECENT] = tokens",
        DRAWN,
    ),
    Mutation(
        SAMPLING,
        'check_number(where, "seed", seed, low=0, whole=True)',
        'check_number(where, "seed", seed, whole=True)',
        DRAWN,
    ),
]
