"""One module for each task, made of layers."""

from ostinato.models.text_classifier import TextClassifierModel as TextClassifierModel
