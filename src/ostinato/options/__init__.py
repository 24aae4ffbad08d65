"""Groups of options that estimators are made of; neither torch nor scikit-learn is imported."""

from ostinato.options.declaration import Declared as Declared
from ostinato.options.declaration import Options as Options
from ostinato.options.declaration import Rule as Rule
from ostinato.options.declaration import check_value as check_value
from ostinato.options.declaration import choices as choices
from ostinato.options.declaration import described as described
from ostinato.options.declaration import members as members
from ostinato.options.declaration import option as option
from ostinato.options.declaration import several as several
from ostinato.options.online import OnlineOptions as OnlineOptions
from ostinato.options.recurrence import RecurrenceOptions as RecurrenceOptions
from ostinato.options.series import SeriesOptions as SeriesOptions
from ostinato.options.text import EmbeddingOptions as EmbeddingOptions
from ostinato.options.text import VocabularyOptions as VocabularyOptions
from ostinato.options.training import TrainingOptions as TrainingOptions
