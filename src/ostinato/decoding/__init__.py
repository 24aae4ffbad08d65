"""From a model that answers the next step to whole sequences: drawn, or searched for."""

from ostinato.decoding.beams import Answer as Answer
from ostinato.decoding.beams import Decoder as Decoder
from ostinato.decoding.beams import beam_search as beam_search
from ostinato.decoding.ctc import Guide as Guide
from ostinato.decoding.ctc import Hypothesis as Hypothesis
from ostinato.decoding.ctc import align as align
from ostinato.decoding.ctc import greedy as greedy
from ostinato.decoding.ctc import prefix_beam_search as prefix_beam_search
from ostinato.decoding.guides import LabelGuide as LabelGuide
from ostinato.decoding.guides import TextModel as TextModel
from ostinato.decoding.guides import WordGuide as WordGuide
from ostinato.decoding.ngrams import TextNgrams as TextNgrams
from ostinato.decoding.sampling import Recent as Recent
from ostinato.decoding.sampling import Sampler as Sampler
from ostinato.decoding.writing import Ensemble as Ensemble
from ostinato.decoding.writing import write_answers as write_answers
