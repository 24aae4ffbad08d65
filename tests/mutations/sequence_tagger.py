"""Mistakes in the tagger."""

from __future__ import annotations

from tests.mutations import Mutation

TAGGER = "src/ostinato/tasks/sequence_tagger"
TESTS = "tests/tasks/sequence_tagger/test_sequence_tagger.py"
SHELL = "tests/tasks/sequence_tagger/test_sequence_tagger_shell.py"
EVIDENCE = "tests/tasks/sequence_tagger/test_sequence_tagger_evidence.py"
FAULTS = "tests/tasks/sequence_tagger/test_sequence_tagger_faults.py"

MUTATIONS = [
    # The loss of a conditional random field divided by padded steps.
    Mutation(
        f"{TAGGER}/learning.py",
        "-likelihood.sum() / lengths.sum()",
        "-likelihood.sum() / truth.numel()",
        FAULTS,
    ),
    # Padding in the loss of a softmax.
    Mutation(
        f"{TAGGER}/learning.py",
        "F.cross_entropy(emissions[live], truth[live])",
        "F.cross_entropy(emissions.flatten(0, 1), truth.flatten())",
        FAULTS,
    ),
    # partial_fit that leaves what balance took inside the loss.
    Mutation(
        f"{TAGGER}/estimator.py",
        "        self._lower_outside(-self.shift_)  # the loss knows nothing of it\n",
        "",
        FAULTS,
    ),
    # Words seen in partial_fit that do not count.
    Mutation(
        f"{TAGGER}/estimator.py",
        "        self.module_.set_counts(self.rows_.counts, self.word_dropout)\n",
        "",
        FAULTS,
    ),
    # Answers in the order of lengths.
    Mutation(
        f"{TAGGER}/module.py",
        "yield block[first : first + ANSWER_ROWS], emissions, lengths",
        "yield filled[first : first + ANSWER_ROWS], emissions, lengths",
        TESTS,
    ),
    # Vectors of words in the order of their lengths.
    Mutation(
        f"{TAGGER}/module.py",
        "return torch.cat(parts)[torch.argsort(order)]",
        "return torch.cat(parts)[order]",
        TESTS,
    ),
    # Another column than training was told.
    Mutation(
        f"{TAGGER}/shell.py",
        "told = Words().options() | estimator.source_",
        "told = Words().options()",
        SHELL,
    ),
    # A model whose tags are not in the file gets accuracy 0.
    Mutation(
        f"{TAGGER}/shell.py",
        '    estimator.rows_.check_some_known(", ".join(sources), marks)\n',
        "",
        SHELL,
    ),
    # Precision and recall exchanged in the table.
    Mutation(
        f"{TAGGER}/evidence.py",
        "right[kind] / max(1, found[kind])",
        "right[kind] / max(1, wanted[kind])  ",
        EVIDENCE,
    ),
    # Held-out rows with an unknown tag in the loss.
    Mutation(
        f"{TAGGER}/rows.py",
        "names.issuperset(row) for row in",
        "True for row in",
        TESTS,
    ),
]
