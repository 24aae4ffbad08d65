"""Fit one model: options, batches, the loop."""

from ostinato.options import TrainingOptions as TrainingOptions
from ostinato.training.batches import Batches as Batches
from ostinato.training.fit import FitResult as FitResult
from ostinato.training.fit import fit as fit
from ostinato.training.streams import Streams as Streams
