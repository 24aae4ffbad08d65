"""Mistakes in the doctor."""

from __future__ import annotations

from tests.mutations import Mutation

DOCTOR = "src/ostinato/inspection/doctor"
TESTS = "tests/inspection/test_doctor.py"
NAN = "src/ostinato/training/nonfinite.py"
NAN_TESTS = "tests/training/test_nonfinite.py"
RATE = "src/ostinato/training/find_rate.py"

MUTATIONS = [
    # A held-out loss that falls counts as one that rises.
    Mutation(
        f"{DOCTOR}/learned.py", "held[-1] < 1.15 * held[best]", "held[-1] < 0.5 * held[best]", TESTS
    ),
    # Rises of the loss in other runs are looked for downwards.
    Mutation(
        f"{DOCTOR}/learned.py",
        "np.diff(loss) > 0.1 * spread",
        "np.diff(loss) < -0.1 * spread",
        TESTS,
    ),
    # A model that wins is said to lose.
    Mutation(
        f"{DOCTOR}/learned.py",
        "scores.wins(name) is not False",
        "scores.wins(name) is not True",
        TESTS,
    ),
    # The interval of one standard error.
    Mutation(f"{DOCTOR}/learned.py", "Z = 1.96", "Z = 1.0", TESTS),
    # Rows that fit held out itself count as copies.
    Mutation(
        f"{DOCTOR}/patient.py",
        "learned = dataclasses.replace(learned, keys=_without(learned.keys, held.keys))",
        "pass",
        TESTS,
    ),
    # Vanishing is looked for at the last step, where every gradient is 1.
    Mutation(f"{DOCTOR}/network.py", "size := float(norms[-1])", "size := float(norms[0])", TESTS),
    # Units that move are said to be dead.
    Mutation(f"{DOCTOR}/network.py", "(spread < STILL).sum()", "(spread > STILL).sum()", TESTS),
    # Stuck at one end only.
    Mutation(
        f"{DOCTOR}/network.py", "call.outputs).double().abs()", "call.outputs).double()", TESTS
    ),
    # A column that has the past is said to know the future.
    Mutation(
        f"{DOCTOR}/rows.py",
        "later, own = truth[ahead:], columns[name][:-ahead]",
        "later, own = truth[:-ahead], columns[name][ahead:]",
        TESTS,
    ),
    # Weighted classes are complained of.
    Mutation(
        f"{DOCTOR}/rows.py",
        'patient.options.get("class_weight") is not None',
        'patient.options.get("class_weights") is not None',
        TESTS,
    ),
    # A row that is short by one step passes.
    Mutation(
        f"{DOCTOR}/rows.py",
        "short = rows.lengths < rows.needed",
        "short = rows.lengths + 1 < rows.needed",
        TESTS,
    ),
    # Padding as if every batch were as long as its shortest row.
    Mutation(f"{DOCTOR}/rows.py", "int(part.max())", "int(part.min())", TESTS),
    # Columns far from 0 pass.
    Mutation(
        f"{DOCTOR}/network.py",
        "(centre > high) | (spread > high)",
        "(spread > high)",
        TESTS,
    ),
    # A layer that only got NaN is blamed.
    Mutation(
        NAN,
        "if found or any(_place(v) is not None for _, v in _tensors(given)):",
        "if found:",
        NAN_TESTS,
    ),
    # The step of the first row instead of the earliest.
    Mutation(
        NAN,
        "bad[bad[:, 1].argmin()]",
        "bad[0]",
        NAN_TESTS,
    ),
    # The module itself learns while a rate is looked for.
    Mutation(RATE, "probe = copy.deepcopy(module).train()", "probe = module.train()", TESTS),
    # The rate with the least loss, where training is about to go wrong.
    Mutation(RATE, "rate=best / BELOW", "rate=best * BELOW", TESTS),
]
