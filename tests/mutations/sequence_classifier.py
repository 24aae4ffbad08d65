"""Mistakes in telling classes of recordings."""

from __future__ import annotations

from tests.mutations import Mutation

TASK, DATA = "src/ostinato/tasks/sequence_classifier/", "src/ostinato/data/"
READ = "src/ostinato/tasks/recordings/"
NORM, WAYS = "src/ostinato/nn/batch_norm.py", "src/ostinato/training/augmentation.py"
CLASSES = "tests/tasks/sequence_classifier/test_sequence_classifier.py::"
SCALES = CLASSES + "test_scales_are_of_the_training_channels_and_gaps_are_one_more_input"
POOLS = CLASSES + "test_averages_and_running_pools_by_hand"
SAID = CLASSES + "test_decisions_are_what_held_out_recordings_say"
STREAM = CLASSES + "test_a_stream_decides_once_and_keeps_to_it"
ARRAYS, FILES = "tests/data/test_data_sequence_arrays.py", "tests/data/test_data_sequence_files.py"
NORMS, CHANGED = "tests/nn/test_nn_batch_norm.py", "tests/training/test_training_augmentation.py"

MUTATIONS = [
    Mutation(NORM, "rows = x[live]", "rows = x.flatten(0, 1)", NORMS),
    Mutation(NORM, "self.running_var + self.eps", "self.running_var", NORMS),
    Mutation(WAYS, "last.clamp(min=1e-9) * ends", "last.clamp(min=1e-9) * (ends + 1)", CHANGED),
    Mutation(WAYS, "lengths - kept + 1", "lengths", CHANGED),
    Mutation(
        DATA + "resampling.py", "found[missing[np.minimum", "missing[missing[np.minimum", ARRAYS
    ),
    Mutation(DATA + "sequence_arrays.py", 'kind="stable")]', 'kind="stable")][::-1]', ARRAYS),
    Mutation(DATA + "ts_files.py", "dtype=np.float32).T", "dtype=np.float32)", FILES),
    Mutation(DATA + "sequence_files.py", "np.cumsum(lengths)[:-1]", "lengths[:-1]", FILES),
    Mutation(DATA + "sequence_files.py", "if name not in listed\n", "if False\n", FILES),
    Mutation(READ + "channels.py", "missing[:, self.gaps]", "~missing[:, self.gaps]", SCALES),
    Mutation(READ + "module.py", "there.unsqueeze(2), (lengths", "stride, (lengths", POOLS),
    Mutation(READ + "module.py", "values.double().cumsum(1) / steps", "values.double()", POOLS),
    Mutation(TASK + "decisions.py", "(step + 1) / len(found)", "step / len(found)", SAID),
    Mutation(TASK + "decisions.py", "len(enough) - int(", "len(enough) - 1 - int(", SAID),
    Mutation(READ + "stream.py", "self.steps + 1)).astype", "self.steps + 2)).astype", STREAM),
]
