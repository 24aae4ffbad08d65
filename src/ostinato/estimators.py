"""The estimators under their first address; `ostinato.tasks` has them too."""

from ostinato.tasks.base import Estimator as Estimator
from ostinato.tasks.forecaster.estimator import Forecaster as Forecaster
from ostinato.tasks.language_model.estimator import LanguageModel as LanguageModel
from ostinato.tasks.loading import load as load
from ostinato.tasks.sequence_tagger.estimator import Entity as Entity
from ostinato.tasks.sequence_tagger.estimator import SequenceTagger as SequenceTagger
from ostinato.tasks.text_classifier.estimator import TextClassifier as TextClassifier
from ostinato.tasks.translator.alignment import Aligned as Aligned
from ostinato.tasks.translator.estimator import Translator as Translator
