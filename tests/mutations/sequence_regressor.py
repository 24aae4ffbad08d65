"""Mistakes in telling numbers of recordings."""

from __future__ import annotations

from tests.mutations import Mutation

TASK, FIGURES = "src/ostinato/tasks/sequence_regressor/", "src/ostinato/measures/numbers.py"
TESTS = "tests/tasks/sequence_regressor/test_sequence_regressor.py::"
LEARNS = TESTS + "test_it_learns_and_says_it_in_the_users_units"
SEVERAL = TESTS + "test_several_numbers_a_recording"
HAND = TESTS + "test_figures_by_hand"
TABLE = TESTS + "test_a_long_table_has_a_number_a_recording"
REFUSED = TESTS + "test_numbers_that_cannot_be_learned"

MUTATIONS = [
    Mutation(FIGURES, "truth - truth.mean(0)", "truth", HAND),
    Mutation(FIGURES, "np.abs(gap).mean()", "gap.mean()", HAND),
    Mutation(TASK + "rows.py", "* self.unit + self.center", "+ self.center", LEARNS),
    Mutation(TASK + "rows.py", "(numbers - self.center)", "numbers", LEARNS),
    Mutation(TASK + "measures.py", "np.tile(rows.center", "np.tile(rows.unit", LEARNS),
    Mutation(TASK + "rows.py", "[places[0] for places", "[0 for places", TABLE),
    Mutation(TASK + "rows.py", "if (numbers[places] !=", "if False and (numbers[places] !=", TABLE),
    Mutation(TASK + "rows.py", "np.isfinite(values.reshape", "~np.isinf(values.reshape", REFUSED),
    Mutation(TASK + "estimator.py", "return found[:, 0] if", "return found if", LEARNS),
    Mutation(TASK + "stream.py", "self.rows.decode(", "(", SEVERAL),
]
