"""What is measured: names, units, which way is better; and a model's numbers beside a baseline's.

Each kind of answer has its file: the table of its measures, the baselines they stand beside, and
the functions that compute them from plain arrays and lists. Nothing heavy is imported before a
function is called.
"""

from __future__ import annotations

from ostinato.measures.base import Baseline as Baseline
from ostinato.measures.base import Measure as Measure
from ostinato.measures.base import Scores as Scores
from ostinato.measures.captions import measure_captions as measure_captions
from ostinato.measures.classes import count_classes as count_classes
from ostinato.measures.classes import measure_classes as measure_classes
from ostinato.measures.classes import measure_labels as measure_labels
from ostinato.measures.classes import per_class as per_class
from ostinato.measures.forecasts import measure_forecasts as measure_forecasts
from ostinato.measures.spans import measure_spans as measure_spans
from ostinato.measures.spans import token_accuracy as token_accuracy
from ostinato.measures.texts import measure_language as measure_language
from ostinato.measures.texts import measure_texts as measure_texts
