"""Mistakes in what all tasks share and in the text classifier."""

from __future__ import annotations

from tests.mutations import Mutation

BITS = "tests/contract/test_contract_bits.py"
RUNS = "tests/contract/test_contract_runs.py"
RESUME = "tests/training/test_training_resume.py"
OPTIONS = "tests/options/test_options.py"
SKLEARN = "tests/tasks/text_classifier/test_text_classifier_sklearn.py"
TEXTS = "src/ostinato/tasks/text_classifier"

MUTATIONS = [
    Mutation(
        "src/ostinato/tasks/base.py",
        '            "schedule": "cosine" if several else "constant",\n',
        "",
        "tests/tasks/test_base.py",
    ),
    Mutation(
        "src/ostinato/tasks/base.py",
        "tenth = self._options.learning_rate / 10",
        "tenth = self._options.learning_rate",
        "tests/tasks/test_base.py",
    ),
    Mutation(
        "src/ostinato/tasks/base.py",
        "            torch.manual_seed(self._options.seed)\n",
        "",
        BITS,
    ),
    Mutation(
        "src/ostinato/tasks/base.py",
        "[*before.get(name, []), *new]",
        "[*new]",
        BITS,
    ),
    Mutation(
        f"{TEXTS}/module.py",
        "logits[torch.from_numpy(rows)] = answer",
        "logits[start : start + len(rows)] = answer",
        BITS,
    ),
    Mutation(
        f"{TEXTS}/module.py",
        "            bias += rate * error\n",
        "            bias -= rate * error\n",
        "tests/tasks/text_classifier/test_text_classifier.py",
    ),
    Mutation(
        f"{TEXTS}/rows.py",
        "        numbers = np.full(len(labels), UNSEEN, dtype=np.int64)",
        "        numbers = np.zeros(len(labels), dtype=np.int64)",
        SKLEARN,
    ),
    Mutation(
        "src/ostinato/data/weights.py",
        "return (len(truth) / (len(classes) * counts))[truth]",
        "return (counts / len(truth))[truth]",
        SKLEARN,
    ),
    Mutation(
        "src/ostinato/options/declaration.py",
        "        self._check_together(place)\n",
        "",
        OPTIONS,
    ),
    Mutation(
        "src/ostinato/options/declaration.py",
        "        depth = min(rules)",
        "        depth = max(rules)",
        OPTIONS,
    ),
    Mutation(
        "src/ostinato/data/held_out.py",
        "seed=seed, stratify=stratify)",
        "seed=0, stratify=None)",
        "tests/data/test_data_held_out.py",
    ),
    Mutation(
        "src/ostinato/tasks/base.py",
        'return options | {"vocabulary, labels, scales": rows}',
        'return {"vocabulary, labels, scales": rows}',
        RUNS,
    ),
    Mutation("src/ostinato/tasks/base.py", "        self.baseline_ = {}\n", "", RUNS),
    Mutation(
        "src/ostinato/tasks/forecaster/windows.py",
        'reads = {"values": self.values, "statics": self.statics, "series": self.series}',
        "reads = None",
        RUNS,
    ),
    Mutation(
        "src/ostinato/tasks/sequence_tagger/learning.py",
        '        reads={"features": forms.features, "chars": forms.chars},\n',
        "",
        RUNS,
    ),
    Mutation(
        "src/ostinato/training/batches.py",
        "(self.arrays | self.reads).items()",
        "self.arrays.items()",
        RESUME,
    ),
    Mutation(
        "src/ostinato/training/loop.py",
        "if not ending.interrupted:",
        "if True:",
        RUNS,
    ),
]
