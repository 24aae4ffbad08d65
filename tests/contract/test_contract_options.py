"""Every estimator is its options: scikit-learn's verbs, and refusals of what is not allowed."""

from __future__ import annotations

import inspect

import pytest
from examples import EXAMPLES
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_score

from ostinato.errors import DataError, NotFittedError, OptionError, OstinatoError
from ostinato.options import TrainingOptions
from ostinato.tasks import TASKS, Estimator


def test_every_task_has_an_example():
    assert set(EXAMPLES) == set(TASKS)


def test_the_registry_names_what_is_there():
    for task in TASKS.values():
        assert issubclass(task.estimator, Estimator)
        assert issubclass(task.estimator, task.options)
        assert (task.estimator.kind, task.estimator.__name__) == (task.kind, task.name)
        assert task.sentence.endswith(".")


def test_clone_and_get_params(example):
    model = example.make()
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert set(model.get_params()) == set(model.declared())
    assert set(TrainingOptions.declared()) <= set(model.declared())


def test_constructors_store_as_given(example):
    for name, each in example.make().declared().items():
        assert getattr(example.make(**{name: each.default}), name) is each.default


def test_every_option_has_a_plain_sentence(example):
    for each in example.make().declared().values():
        assert each.rule.sentence.endswith((".", "?")), each.name
        assert len(each.rule.sentence) < 320, each.name


def test_a_misspelt_option_is_refused_everywhere(example):
    kind = type(example.make())
    with pytest.raises(OptionError, match="unknown option 'epoch'. Did you mean 'epochs'"):
        kind(epoch=3)
    with pytest.raises(OptionError, match="unknown option 'epoch'. Did you mean 'epochs'"):
        example.make().set_params(epoch=3)


def test_wrong_values_are_refused_in_fit(example):
    name = type(example.make()).__name__
    for changes, message in (
        ({"epochs": 0}, "epochs must be a whole number at least 1, got 0"),
        ({"cell": "gruu"}, "Did you mean 'gru'"),
        ({"learning_rate": "fast"}, "learning_rate must be a number above 0, got 'fast'"),
        ({"seed": -1}, "seed must be"),
        ({"activation": "relu", "cell": "gru"}, "activation must be"),
    ):
        with pytest.raises(OptionError, match=f"{name}: .*{message}"):
            example.make(**changes).fit(*example.rows, progress=False)


def test_an_unfitted_model_says_so(example):
    from sklearn.exceptions import NotFittedError as SklearnNotFitted

    with pytest.raises(NotFittedError, match="not fitted yet"):
        example.ask(example.make(), example.probe[:1])
    with pytest.raises(SklearnNotFitted):
        example.make().save("nowhere.safetensors")


def test_junk_gives_an_ostinato_error(example):
    for rows in example.junk:
        with pytest.raises(OstinatoError) as caught:
            example.make().fit(*rows, progress=False)
        assert isinstance(caught.value, (DataError, OptionError)), rows
        assert str(caught.value).endswith((".", "?")), caught.value


@pytest.mark.parametrize("validation", ["x", 0, 1.0, -0.1, 2, (1, 2, 3), object(), True])
def test_a_wrong_validation_gives_an_ostinato_error(example, validation):
    with pytest.raises(OstinatoError):
        example.make().fit(*example.rows, validation=validation, progress=False)


def test_grid_search_and_cross_validation():
    example = EXAMPLES["text-classifier"]
    model = example.make(epochs=1, progress=False)
    search = GridSearchCV(model, {"dropout": [0.0, 0.5]}, cv=2).fit(example.X, example.y)
    assert set(search.best_params_) == {"dropout"}
    order = sorted(range(len(example.y)), key=lambda k: example.y[k])
    X, y = [example.X[k] for k in order], [example.y[k] for k in order]
    assert is_classifier(model)
    assert len(cross_val_score(model, X, y, cv=3)) == 3  # folds are stratified


def test_fit_and_partial_fit_share_their_words(example):
    kind = type(example.make())
    fit = inspect.signature(kind.fit).parameters
    assert {"X", "y", "validation", "directory", "resume", "progress"} <= set(fit)
    assert {"X", "y", "progress"} <= set(inspect.signature(kind.partial_fit).parameters)
