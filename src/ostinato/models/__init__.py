"""One module for each task, made of layers."""

from ostinato.models.forecaster import ForecasterModel as ForecasterModel
from ostinato.models.text_classifier import TextClassifierModel as TextClassifierModel
