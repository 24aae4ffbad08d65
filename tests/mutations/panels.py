"""Mistakes in the studio's panels."""

from __future__ import annotations

from tests.mutations import Mutation

PANELS = "src/ostinato/serving/panels"
TESTS = "tests/serving/panels/test_panel_answers.py"

MUTATIONS = [
    # Classes in an order that is not that of their shares.
    Mutation(
        f"{PANELS}/texts.py",
        'order = np.argsort(-shares, kind="stable")',
        'order = np.argsort(shares, kind="stable")',
        f"{TESTS}::test_a_text_has_the_classifiers_probabilities_the_likeliest_first",
    ),
    # Another unit than the one that is asked for.
    Mutation(
        f"{PANELS}/texts.py",
        "inspection.activations(model, text, int(unit))",
        "inspection.activations(model, text, int(unit) - 1)",
        f"{TESTS}::test_a_units_tint_is_what_the_unit_puts_out",
    ),
    # The backward units forgotten.
    Mutation(
        f"{PANELS}/texts.py",
        "(2 if layer.bidirectional else 1)",
        "1",
        f"{TESTS}::test_a_units_tint_is_what_the_unit_puts_out",
    ),
    # Writing that does not take the seed.
    Mutation(
        f"{PANELS}/generation.py",
        'seed=request.number("seed", None, low=0, whole=True),',
        "",
        f"{TESTS}::test_writing_comes_token_by_token_and_goes_on_where_it_stopped",
    ),
    # The interval's ends exchanged.
    Mutation(
        f"{PANELS}/tables.py",
        '"low": numbers(after[ends[0]]',
        '"low": numbers(after[ends[-1]]',
        f"{TESTS}::test_any_table_is_forecast_without_a_model",
    ),
    # Rows above the threshold drawn as alarms.
    Mutation(
        f"{PANELS}/tables.py",
        'rows["alarm"].to_numpy().nonzero()',
        'rows["score"].to_numpy().nonzero()',
        f"{TESTS}::test_anomalies_are_the_detectors",
    ),
    # The folder told in a message.
    Mutation(
        f"{PANELS}/request.py",
        'str(error).replace(f"{folder}/", "")',
        "str(error)",
        f"{TESTS}::test_a_recording_has_its_transcript_and_spectrogram",
    ),
    # A name that leads out of the folder.
    Mutation(
        f"{PANELS}/request.py",
        "[-1]\n    name",
        "[0]\n    name",
        f"{TESTS}::test_a_wrong_table_gets_a_sentence_without_the_folder",
    ),
    # Steps that skip to every point of the pen.
    Mutation(
        f"{PANELS}/strokes.py",
        "place = point if lifted else place + SPACING * direction",
        "place = point",
        f"{TESTS}::test_steps_go_along_the_stroke_evenly",
    ),
    # A turn to the wrong side.
    Mutation(
        f"{PANELS}/strokes.py",
        "before[0] * direction[1] - before[1] * direction[0]",
        "before[1] * direction[0] - before[0] * direction[1]",
        f"{TESTS}::test_the_turn_is_the_angle_between_two_steps",
    ),
    # Pauses of the pen forgotten.
    Mutation(
        f"{PANELS}/strokes.py",
        "float(lifted)])",
        "0.0])",
        f"{TESTS}::test_steps_go_along_the_stroke_evenly",
    ),
    # Labels in the order of drawing, beside rows by class.
    Mutation(
        f"{PANELS}/gestures.py",
        "labels = [label for label, rows in found.items() for _ in rows]",
        'labels = [str(each["label"]).strip() for each in given]',
        f"{TESTS}::test_shapes_are_told_after_ten_examples_each",
    ),
    # The spectrogram upside down in loudness.
    Mutation(
        f"{PANELS}/sound.py",
        "decibels - decibels.max()",
        "decibels - decibels.min()",
        f"{TESTS}::test_a_recording_has_its_transcript_and_spectrogram",
    ),
]
