"""Mistakes in the captioner, in reading images and in CIDEr-D."""

from __future__ import annotations

from tests.mutations import Mutation

MODEL = "src/ostinato/tasks/image_captioner"
CIDER = "src/ostinato/measures/captions.py"
IMAGES = "src/ostinato/data/images.py"
TESTS = "tests/tasks/image_captioner/test_image_captioner.py"
VISION = "tests/tasks/image_captioner/test_image_captioner_vision.py"
MEASURED = "tests/measures/test_measures_captions.py"
PICTURES = "tests/data/test_data_images.py"

MUTATIONS = [
    # A word said ten times counts ten times.
    Mutation(
        CIDER,
        "sum(min(v, r[run]) * r[run] for",
        "sum(v * r[run] for",
        f"{MEASURED}::test_cider_counts_a_word_no_more_often_than_the_reference",
    ),
    # The Gaussian of the lengths' difference.
    Mutation(
        CIDER,
        "math.exp(-(difference**2) / (2 * SIGMA**2))",
        "math.exp(-(difference**2) / SIGMA**2)",
        f"{MEASURED}::test_cider_of_two_images_by_hand",
    ),
    # Runs of words that no reference has are free.
    Mutation(
        CIDER,
        "count * weight.get(run, unseen)",
        "count * weight.get(run, 0.0)",
        f"{MEASURED}::test_a_run_that_no_reference_has_makes_a_caption_less_alike",
    ),
    # A word is counted in each reference, not in each image.
    Mutation(
        CIDER,
        "for run in {each for runs in row for each in runs})",
        "for runs in row for run in runs)",
        f"{MEASURED}::test_several_references_are_averaged_and_rarer_words_count_more",
    ),
    # A photograph taken sideways lies on its side.
    Mutation(
        IMAGES,
        "return _plain(where, ImageOps.exif_transpose(file))",
        "return _plain(where, file)",
        f"{PICTURES}::test_a_photograph_taken_sideways_is_turned",
    ),
    # What is transparent becomes black.
    Mutation(
        IMAGES,
        "values[..., :3] * share + 255 * (1 - share)",
        "values[..., :3] * share",
        f"{PICTURES}::test_arrays_of_every_kind",
    ),
    # The module learns to say that it does not know a word.
    Mutation(
        f"{MODEL}/learning.py",
        "known = truth != UNKNOWN",
        "known = truth >= 0",
        f"{TESTS}::test_the_loss_passes_over_unknown_words",
    ),
    # A decoder that is fed what it must write.
    Mutation(
        f"{MODEL}/learning.py",
        '"fed": torch.cat([first, target[:, :-1]], 1)',
        '"fed": torch.cat([target[:, :-1], first], 1)',
        f"{TESTS}::test_batches_look_at_each_image_once_and_feed_what_came_before",
    ),
    # The end is a word that every image has.
    Mutation(
        f"{MODEL}/learning.py",
        "there[:, UNKNOWN + 1 : -1], told[:, UNKNOWN + 1 : -1]",
        "there[:, UNKNOWN + 1 :], told[:, UNKNOWN + 1 :]",
        f"{TESTS}::test_word_prediction_counts_each_word_of_an_image_once",
    ),
    # A run that goes on although captions belong to other images.
    Mutation(
        f"{MODEL}/learning.py",
        '{"captions": np.array(list(map(len, self.targets)))}',
        '{"captions": np.zeros(len(self.targets))}',
        f"{TESTS}::test_no_fit_goes_on_with_other_images_or_captions",
    ),
    # Unknown words are written.
    Mutation(
        f"{MODEL}/module.py",
        "never = (PADDING, UNKNOWN)",
        "never = (PADDING,)",
        f"{VISION}::test_a_decoder_of_words_is_a_writer",
    ),
    # One image whose captions are all alike makes the commonest.
    Mutation(
        f"{MODEL}/rows.py",
        "Counter(text for row in captions for text in dict.fromkeys(row))",
        "Counter(text for row in captions for text in row)",
        f"{TESTS}::test_the_commonest_caption",
    ),
    # Every image is mirrored.
    Mutation(
        f"{MODEL}/vision.py",
        "torch.rand(batch, generator=draw) < 0.5",
        "torch.rand(batch, generator=draw) < 1.5",
        f"{VISION}::test_changes_are_drawn_and_keep_colours",
    ),
    # Edges in four directions, each twice.
    Mutation(
        f"{MODEL}/vision.py",
        "angle = math.pi * k / TURNS",
        "angle = 2 * math.pi * k / TURNS",
        f"{VISION}::test_an_edge_is_strongest_in_its_own_direction",
    ),
    # Regions of a named encoder column by column.
    Mutation(
        f"{MODEL}/backbone.py",
        "return seen[-1].flatten(2).transpose(1, 2)",
        "return seen[-1].transpose(2, 3).flatten(2).transpose(1, 2)",
        f"{VISION}::test_a_named_encoder_stays_as_it_is",
    ),
]
