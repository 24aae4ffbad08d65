"""Mistakes in the translator and in beam search."""

from __future__ import annotations

from tests.mutations import Mutation

MODEL = "src/ostinato/tasks/translator"
BEAMS = "src/ostinato/decoding/beams.py"
TESTS = "tests/tasks/translator/test_translator.py"
MODULE = "tests/tasks/translator/test_translator_module.py"
FOUND = "tests/decoding/test_decoding_beams.py"
SHELL = "tests/cli/test_cli_translator.py"

MUTATIONS = [
    # The sign of the length penalty.
    Mutation(
        BEAMS,
        "            answers.append(Answer(tokens, float(best[row, column]) / rank, weights))",
        "            answers.append(Answer(tokens, float(best[row, column]) * rank, weights))",
        FOUND,
    ),
    Mutation(
        BEAMS,
        "        rank = ((5 + step) / 6) ** self.penalty\n        for row, column in",
        "        rank = ((6 + step) / 6) ** self.penalty\n        for row, column in",
        FOUND,
    ),
    # Answers that may be one token too short.
    Mutation(
        BEAMS,
        "if self.history.shape[2] < self.least:",
        "if self.history.shape[2] + 1 < self.least:",
        FOUND,
    ),
    # A source that is done takes another's rows with it.
    Mutation(
        BEAMS,
        "self.limits, self.totals = self.limits[kept], self.totals[kept]",
        "self.limits, self.totals = self.limits[: len(kept)], self.totals[kept]",
        FOUND,
    ),
    # Where the parent looked, instead of the token.
    Mutation(
        BEAMS,
        "new if attended is None else torch.cat([attended, new], 2)",
        "new if attended is None else torch.cat([new, attended], 2)",
        FOUND,
    ),
    # All rows of a beam begin alike, and stay so.
    Mutation(
        BEAMS,
        "        self.totals[:, 0] = 0\n",
        "        self.totals[:] = 0\n",
        FOUND,
    ),
    # Scheduled sampling that is not shifted.
    Mutation(
        f"{MODEL}/module.py",
        "scores.argmax(1).view(fed.shape).roll(1, 1)",
        "scores.argmax(1).view(fed.shape)",
        f"{MODULE}::test_scheduled_sampling_replaces_its_share_but_not_the_first",
    ),
    # Scheduled sampling that does not know what a pointer would write.
    Mutation(
        f"{MODEL}/module.py",
        "            scores = self.scores(vectors.flatten(0, 1), looked, tokens)",
        "            scores = self.logits(vectors.flatten(0, 1))",
        f"{MODULE}::test_scheduled_sampling_replaces_its_share_but_not_the_first",
    ),
    # Its share that never rises.
    Mutation(
        f"{MODEL}/learning.py",
        "self.share = self.most * epoch / max(1, self.options.epochs - 1)",
        "self.share = 0.0",
        f"{TESTS}::test_batches_feed_what_came_before",
    ),
    # A decoder that is fed what it must write.
    Mutation(
        f"{MODEL}/learning.py",
        'batch["fed"] = torch.cat([first, target[:, :-1]], 1)',
        'batch["fed"] = torch.cat([target[:, :-1], first], 1)',
        f"{TESTS}::test_batches_feed_what_came_before",
    ),
    # Label smoothing in the epochs that have none.
    Mutation(
        f"{MODEL}/learning.py",
        "smoothing = label_smoothing if module.training else 0.0",
        "smoothing = label_smoothing",
        f"{TESTS}::test_the_last_epochs_have_no_dropout_and_no_smoothing",
    ),
    # A run that goes on with other pairs.
    Mutation(
        f"{MODEL}/learning.py",
        '{"source": self.rows[0], "target": self.rows[1]}',
        '{"source": self.rows[0], "target": self.rows[0]}',
        f"{TESTS}::test_no_fit_goes_on_with_other_pairs",
    ),
    # Or with other words of the same numbers.
    Mutation(
        "src/ostinato/tasks/base.py",
        'return options | {"vocabulary, labels, scales": rows}',
        "return options",
        f"{TESTS}::test_no_fit_goes_on_with_other_words_of_the_same_numbers",
    ),
    # The end of the source among the words that were looked at.
    Mutation(
        f"{MODEL}/alignment.py",
        "for each in self.weights[:, :-1].argmax(1)]",
        "for each in self.weights.argmax(1) % len(self.source)]",
        f"{TESTS}::test_alignment_without_tokens_and_at_the_end",
    ),
    # A limit that cuts answers shorter than the shortest.
    Mutation(
        f"{MODEL}/estimator.py",
        "max(self.longest_, 2 * len(each), least) + 1",
        "max(self.longest_, 2 * len(each)) + 1",
        f"{TESTS}::test_no_answer_is_shorter_than_min_length",
    ),
    # Nearly empty answers, and not a word.
    Mutation(
        f"{MODEL}/measures.py",
        "    if written >= SHORT * wanted:",
        "    if written:",
        f"{TESTS}::test_what_counts_as_nearly_empty",
    ),
    # The whole line of a file with tabs as the text to translate.
    Mutation(
        f"{MODEL}/shell.py",
        "return _fields(lines, words) if tabs else lines",
        "return lines",
        f"{SHELL}::test_one_file_with_tabs_between_source_and_target",
    ),
]
