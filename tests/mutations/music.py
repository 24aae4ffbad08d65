"""Mistakes in pieces of music and in the composer."""

from __future__ import annotations

from tests.mutations import Mutation

COMPOSER = "src/ostinato/tasks/music_composer"
MUSIC = "src/ostinato/data/music.py"
FILES = "src/ostinato/data/music_midi.py"
SOUND = "src/ostinato/data/music_sound.py"
TESTS = "tests/tasks/music_composer/test_music_composer.py"
DATA = "tests/data/test_data_music.py"

MUTATIONS = [
    # A voice told by the notes of another one's table.
    Mutation(
        f"{COMPOSER}/module.py",
        "self.total = self.total + self.head.above[self.voice](keys)",
        "self.total = self.head.above[self.voice](keys)",
        f"{TESTS}::test_a_chain_by_its_formula",
    ),
    # Ordered voices that may sound alike.
    Mutation(
        f"{COMPOSER}/module.py",
        "(places >= bound)",
        "(places > bound)",
        f"{TESTS}::test_the_probabilities_of_all_steps_add_up_to_one",
    ),
    # Notes below a rest.
    Mutation(
        f"{COMPOSER}/module.py",
        "bound = torch.where(self.last == RESTING, 0, self.last).unsqueeze(-1)",
        "bound = self.last.unsqueeze(-1)",
        f"{TESTS}::test_a_step_that_breaks_the_order_is_impossible",
    ),
    # A network that reads the step it tells.
    Mutation(
        f"{COMPOSER}/module.py",
        "x[:, 1:].scatter_(2, keys + PITCHES * torch.arange(voices), 1.0)",
        "x[:, :-1].scatter_(2, keys + PITCHES * torch.arange(voices), 1.0)",
        f"{TESTS}::test_a_step_knows_nothing_of_itself_and_what_follows",
    ),
    # The key of a rest in the sum over a roll's keys.
    Mutation(
        f"{COMPOSER}/module.py",
        "scatter_(-1, keys, 1.0)[..., :KEYS]",
        "scatter_(-1, keys.clamp(max=KEYS - 1), 1.0)[..., :KEYS]",
        f"{TESTS}::test_the_nats_of_a_roll_know_rests",
    ),
    # Rests that are transposed with the notes.
    Mutation(
        f"{COMPOSER}/learning.py",
        "sounding = live[..., None] & (keys < KEYS)",
        "sounding = live[..., None] & (keys <= KEYS)",
        f"{TESTS}::test_transposition_keeps_shapes_rests_and_the_keyboard",
    ),
    # Chance that never reaches the highest shift.
    Mutation(
        f"{COMPOSER}/learning.py",
        "(down + up + 1)",
        "(down + up)",
        f"{TESTS}::test_transposition_keeps_shapes_rests_and_the_keyboard",
    ),
    # Pieces that are shifted to the end.
    Mutation(
        f"{COMPOSER}/learning.py",
        "torch.tensor(batches.epoch < shifted)",
        "torch.tensor(shifted > 0)",
        f"{TESTS}::test_the_last_epochs_and_partial_fit_learn_pieces_where_they_stand",
    ),
    # Parts of a cut piece that all begin a piece.
    Mutation(
        f"{COMPOSER}/rows.py",
        "begins += [True] + [False] * (len(found) - 1)",
        "begins += [True] * len(found)",
        f"{TESTS}::test_long_pieces_are_cut_in_training_alone",
    ),
    # First steps that are counted, against what papers do.
    Mutation(
        f"{COMPOSER}/measures.py",
        "later = np.concatenate([each[1:] for each in nats])",
        "later = every",
        f"{TESTS}::test_a_roll_by_its_formula",
    ),
    # A repeated pitch that is never drawn from the frequencies.
    Mutation(
        f"{COMPOSER}/measures.py",
        "odds[steps + 1, voices, keys[:-1]] += self.stays",
        "odds[steps + 1, voices, keys[:-1]] = self.stays",
        f"{TESTS}::test_the_baselines_by_hand",
    ),
    # A search that forgets how likely each beginning made the melody.
    Mutation(
        f"{COMPOSER}/harmony.py",
        "totals = totals + log_shares(chain.scores())[:, note]",
        "totals = totals.copy()",
        f"{TESTS}::test_the_probability_of_a_harmony_is_that_of_the_piece",
    ),
    # Beginnings that go on with the state of another.
    Mutation(
        f"{COMPOSER}/harmony.py",
        "            stepper.keep(rows)\n",
        "            stepper.keep(np.zeros_like(rows))\n",
        f"{TESTS}::test_the_probability_of_a_harmony_is_that_of_the_piece",
    ),
    # Seconds at the pace of another tempo.
    Mutation(
        f"{COMPOSER}/estimator.py",
        "pace = pace if tempo is None else tempo",
        "pace = self.rows_.tempo if tempo is None else tempo",
        f"{TESTS}::test_seconds_and_tempo",
    ),
    Mutation(
        MUSIC,
        "voices[steps, rank] = lowest + roll.shape[1] - 1 - keys",
        "voices[steps, rank] = lowest + keys",
        f"{DATA}::test_voices_and_rolls_of_each_other",
    ),
    Mutation(
        FILES,
        "last = np.maximum(np.floor(ends + 0.5).astype(np.int64), first + 1)",
        "last = np.floor(ends + 0.5).astype(np.int64)",
        f"{DATA}::test_notes_begin_and_end_at_the_nearest_steps",
    ),
    Mutation(
        FILES,
        "if not track.is_drum",
        "if track.notes",
        f"{DATA}::test_drums_are_left_out",
    ),
    Mutation(
        SOUND,
        "frequency = 440 * 2 ** ((pitch - 69) / 12)",
        "frequency = 440 * 2 ** ((pitch - 57) / 12)",
        f"{DATA}::test_a_note_sounds_at_its_frequency_for_its_time",
    ),
]
