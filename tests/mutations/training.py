"""Mistakes in fitting a module and in files."""

from __future__ import annotations

from tests.mutations import Mutation

SRC, TESTS = "src/ostinato/training/", "tests/training/test_training_"
PARTS, RESUME = TESTS + "parts.py", TESTS + "resume.py"
MODULE, INTERRUPTED = TESTS + "module.py", TESTS + "interrupted.py"

MUTATIONS = [
    Mutation(SRC + "monitoring.py", "self.waited >= self.limit", "self.waited > self.limit", PARTS),
    Mutation(
        SRC + "monitoring.py",
        'self.drops, self.waited = state["drops"], state["waited"]',
        'self.waited = state["waited"]',
        PARTS,
    ),
    Mutation(
        SRC + "monitoring.py",
        'self.drops, self.waited = state["drops"], state["waited"]',
        'self.drops = state["drops"]',
        PARTS,
    ),
    Mutation(SRC + "monitoring.py", "if not math.isfinite(value):", "if value is None:", PARTS),
    Mutation(SRC + "monitoring.py", "value < self.value if", "value <= self.value if", PARTS),
    Mutation(SRC + "means.py", ".double() * rows", ".double()", PARTS),
    Mutation(SRC + "means.py", "self.rows += rows", "self.rows += 1", PARTS),
    Mutation(
        SRC + "optimizers.py",
        "if not norm.is_cpu or not norm <= options.clip_norm:",
        "if not norm.is_cpu:",
        PARTS,
    ),
    Mutation(
        SRC + "optimizers.py",
        "if options.clip_value is not None:",
        "if options.clip_value is None:",
        PARTS,
    ),
    Mutation(SRC + "averages.py", "(1 + step) / (10 + step)", "step / (10 + step)", PARTS),
    Mutation(
        SRC + "averages.py",
        'self.count = state["count"]',
        "self.count = -1",
        PARTS,
    ),
    Mutation(SRC + "schedules.py", "int(epoch) //", "int(epoch + 1) //", PARTS),
    Mutation(SRC + "schedules.py", "(step + 1) / max", "step / max", PARTS),
    Mutation(
        SRC + "loop.py",
        "self.epoch = self.train.epoch = state",
        "self.epoch = state",
        RESUME,
    ),
    Mutation(
        SRC + "loop.py",
        'checkpoints.set_random_state(state["random"])',
        "pass",
        RESUME,
    ),
    Mutation(SRC + "loop.py", "rate *= run.plateau.factor", "pass", PARTS),
    Mutation(SRC + "loop.py", "if not learner.finite():", "if False:", PARTS),
    Mutation(
        SRC + "loop.py",
        "self.run.epoch >= options.early_dropout * options.epochs",
        "self.run.epoch > options.early_dropout * options.epochs",
        TESTS + "fit.py",
    ),
    Mutation(
        SRC + "fit.py",
        "module.load_state_dict(run.best.weights)",
        "pass",
        PARTS,
    ),
    Mutation(
        SRC + "learner.py",
        "if step != self.averaged_step:",
        "if step == self.averaged_step:",
        PARTS,
    ),
    Mutation(
        SRC + "fingerprint.py",
        '"option": {**options_of(options), **others}',
        '"option": {**others}',
        RESUME,
    ),
    Mutation(
        SRC + "fingerprint.py",
        "free and options",
        "options",
        RESUME,
    ),
    Mutation(SRC + "arrays.py", "found.update(np.ascontiguousarray(data).data)", "pass", RESUME),
    Mutation(
        SRC + "losses.py",
        "y = y.reshape(output.shape)",
        "pass",
        MODULE,
    ),
    Mutation(
        SRC + "loaders.py",
        "order[:held].sort().values, order[held:].sort().values",
        "order[:held].sort().values, order[held - 1 :].sort().values",
        MODULE,
    ),
    Mutation(SRC + "metrics.py", "each.reset()\n        return", "pass\n        return", PARTS),
    Mutation(SRC + "predict.py", "order.argsort()", "order", MODULE),
    Mutation(SRC + "predict.py", "    module.eval()\n", "", MODULE),
    Mutation(
        SRC + "interruptions.py",
        "self.closed = True\n            raise KeyboardInterrupt\n        self.asked",
        "raise KeyboardInterrupt\n        self.asked",
        INTERRUPTED,
    ),
    Mutation(SRC + "checkpoints.py", "lock.acquire()", "pass", RESUME),
    Mutation(
        "src/ostinato/storage/atomic.py",
        "            os.fsync(file.fileno())\n",
        "",
        INTERRUPTED,
    ),
    Mutation(
        "src/ostinato/storage/archive.py",
        "first != end or last",
        "last",
        "tests/storage/test_storage_attacks.py",
    ),
    Mutation(
        "src/ostinato/storage/archive.py",
        "type(each) is int and each >= 0",
        "each >= 0",
        "tests/storage/test_storage_attacks.py",
    ),
]
