"""What every estimator does the same way."""

from __future__ import annotations

from ostinato import TextClassifier


def test_partial_fit_trains_one_epoch_at_a_constant_tenth_of_the_rate():
    model = TextClassifier(schedule="one_cycle", epochs=9, average=0.9, warmup=0.3)
    further = model._further()
    assert (further.epochs, further.schedule) == (1, "constant")
    assert (further.average, further.warmup) == (0.0, 0.0)
    assert further.learning_rate == model.learning_rate / 10
    assert further.batch_size == model.batch_size
    assert model._further(epochs=3).epochs == 3
