"""Pictures and diagnoses of a fitted model: `report` writes a page, `plot_*` write pictures, and
each other function returns a `Picture`: a figure and the numbers behind it as a table.

They take a fitted estimator and its data, or a bare layer or module and a tensor:

    influence(model, ["a text"])
    gradient_norms({"GRU": nn.GRU(8, 32), "LSTM": nn.LSTM(8, 32)}, steps=100)
"""

from __future__ import annotations

from ostinato.inspection.advice import Advice as Advice
from ostinato.inspection.advice import advise as advise
from ostinato.inspection.answers import attention as attention
from ostinato.inspection.answers import confusion as confusion
from ostinato.inspection.answers import crf_scores as crf_scores
from ostinato.inspection.answers import next_tokens as next_tokens
from ostinato.inspection.answers import token_probabilities as token_probabilities
from ostinato.inspection.attribution import attribution as attribution
from ostinato.inspection.curves import learning_curves as learning_curves
from ostinato.inspection.doctor import Diagnosis as Diagnosis
from ostinato.inspection.doctor import Finding as Finding
from ostinato.inspection.doctor import diagnose as diagnose
from ostinato.inspection.doctor import diagnose_rows as diagnose_rows
from ostinato.inspection.doctor import watcher as watcher
from ostinato.inspection.gallery import picture_page as picture_page
from ostinato.inspection.gallery import pictures_of as pictures_of
from ostinato.inspection.gates import gate_values as gate_values
from ostinato.inspection.gates import gradient_histograms as gradient_histograms
from ostinato.inspection.gates import saturation as saturation
from ostinato.inspection.gates import weight_histograms as weight_histograms
from ostinato.inspection.learning_rate import learning_rate as learning_rate
from ostinato.inspection.picture import Picture as Picture
from ostinato.inspection.pictures import learning_figures as learning_figures
from ostinato.inspection.pictures import plot_confusion as plot_confusion
from ostinato.inspection.pictures import plot_forecast as plot_forecast
from ostinato.inspection.pictures import plot_history as plot_history
from ostinato.inspection.report import report as report
from ostinato.inspection.report import versions as versions
from ostinato.inspection.states import hidden_states as hidden_states
from ostinato.inspection.states import similar_spans as similar_spans
from ostinato.inspection.task_answers import alignment as alignment
from ostinato.inspection.task_answers import anomalies as anomalies
from ostinato.inspection.task_answers import blame as blame
from ostinato.inspection.task_answers import forecasts as forecasts
from ostinato.inspection.task_answers import held_out_pictures as held_out_pictures
from ostinato.inspection.task_answers import piano_roll as piano_roll
from ostinato.inspection.task_answers import spectrogram as spectrogram
from ostinato.inspection.through_time import gradient_norms as gradient_norms
from ostinato.inspection.through_time import influence as influence
from ostinato.inspection.through_time import memory_length as memory_length
from ostinato.inspection.through_time import with_spectral_radius as with_spectral_radius
from ostinato.inspection.units import activations as activations
from ostinato.inspection.units import find_units as find_units
