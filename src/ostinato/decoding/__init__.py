"""From a model that answers the next step to whole sequences: drawn, or searched for."""

from ostinato.decoding.beams import Answer as Answer
from ostinato.decoding.beams import Decoder as Decoder
from ostinato.decoding.beams import beam_search as beam_search
from ostinato.decoding.sampling import Recent as Recent
from ostinato.decoding.sampling import Sampler as Sampler
