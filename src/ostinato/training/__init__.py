"""Fit one model: options, batches, the loop."""

from ostinato.options import TrainingOptions as TrainingOptions
from ostinato.training.batches import Batches as Batches
from ostinato.training.enough import enough_epochs as enough_epochs
from ostinato.training.find_rate import RangeTest as RangeTest
from ostinato.training.find_rate import find_learning_rate as find_learning_rate
from ostinato.training.fit import fit as fit
from ostinato.training.history import FitResult as FitResult
from ostinato.training.online import OnlineLearner as OnlineLearner
from ostinato.training.online import RowMemory as RowMemory
from ostinato.training.predict import predict as predict
from ostinato.training.streams import Streams as Streams
