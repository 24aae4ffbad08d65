"""Mistakes in learning while rows come."""

from __future__ import annotations

from tests.mutations import Mutation

ONLINE, RUNNING = "src/ostinato/training/online.py", "src/ostinato/data/running.py"
MEASURES, DRIFT = "src/ostinato/measures/prequential.py", "src/ostinato/measures/drift.py"
TASK, FORECASTER = "src/ostinato/tasks/stream_classifier/", "src/ostinato/tasks/forecaster/"
LEARNER = "tests/training/test_training_online.py"
STREAM = "tests/tasks/stream_classifier/test_stream_classifier_stream.py"
FORECASTS = "tests/tasks/forecaster/test_forecaster_online.py"
SCORES, SCALES = "tests/measures/test_measures_prequential.py", "tests/data/test_data_running.py"
SHELL = "tests/cli/test_cli_stream.py"

MUTATIONS = [
    Mutation(ONLINE, "row % self.size] = value", "row] = value", LEARNER),
    Mutation(ONLINE, "self.end = max(self.end, row + 1)", "self.end = self.memory.count", LEARNER),
    Mutation(ONLINE, "self.waiting = 0\n", "self.waiting = 1\n", LEARNER),
    Mutation(ONLINE, "+ self.steps + self.skipped", "+ 0", LEARNER),
    Mutation(ONLINE, "span = last - self.length + 1 - first", "span = 1", LEARNER),
    Mutation(ONLINE, "last - self.latest + 1), last + 1", "last), last + 1", LEARNER),
    Mutation(ONLINE, "self.skipped += 1\n            return False", "pass", LEARNER),
    Mutation(ONLINE, "self.optimizer.state[parameter] = found", "pass", LEARNER),
    Mutation(ONLINE, 'self.memory.count = int(document["count"])', "pass", LEARNER),
    Mutation(RUNNING, "(1 - share) * (self.variance +", "(self.variance +", SCALES),
    Mutation(RUNNING, "made._least, made._furthest = made._limits()", "pass", SCALES),
    Mutation(RUNNING, "BOUND * np.sqrt(self.variance), _WIDE", "_WIDE, _WIDE", SCALES),
    Mutation(MEASURES, "chance = (rows * said).sum() / total**2", "chance = 0.5", SCORES),
    Mutation(MEASURES, "wrong[truth] -= 1", "wrong[truth] += 1", SCORES),
    Mutation(MEASURES, "(self.rows - 1 - ahead) %", "(self.rows - ahead) %", FORECASTS),
    Mutation(DRIFT, "self.lowest = min(self.lowest, self.sum)", "pass", SCORES),
    Mutation(DRIFT, "error - self.mean - SLACK", "error - SLACK", SCORES),
    Mutation(TASK + "rows.py", "row[2 * width + last] = 1.0", "pass", STREAM),
    Mutation(TASK + "rows.py", "del rows.classes[before:]", "pass", STREAM),
    Mutation(TASK + "stream.py", "del self.rows.classes[classes:]", "pass", STREAM),
    Mutation(TASK + "stream.py", "if row > self.last_row:", "if True:", STREAM),
    Mutation(TASK + "stream.py", "self.learner.known(row)", "pass", STREAM),
    Mutation(TASK + "stream.py", "rows.copy() if online is None else rows", "rows", STREAM),
    Mutation(TASK + "stream.py", "self.count - self.saved >=", "self.count - self.saved >", STREAM),
    Mutation(FORECASTER + "online.py", "self.learner.known(number)", "pass", FORECASTS),
    Mutation(FORECASTER + "online.py", '"time": stamp', '"time": 0', FORECASTS),
    Mutation(FORECASTER + "online.py", "self.linear.weights = weights", "pass", FORECASTS),
    Mutation(FORECASTER + "stream.py", "self._window.go_on(arrays)", "pass", FORECASTS),
    Mutation("src/ostinato/cli/stream.py", "if signals.came:\n", "if False:\n", SHELL),
    Mutation("src/ostinato/cli/stream.py", "enumerate(file, 1)", "enumerate(file)", SHELL),
]
