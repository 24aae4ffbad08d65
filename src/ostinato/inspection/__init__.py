"""Pictures and diagnoses of a fitted model: `report` writes a page, `plot_*` write pictures."""

from __future__ import annotations

from ostinato.inspection.picture import Picture as Picture
from ostinato.inspection.pictures import learning_figures as learning_figures
from ostinato.inspection.pictures import plot_confusion as plot_confusion
from ostinato.inspection.pictures import plot_forecast as plot_forecast
from ostinato.inspection.pictures import plot_history as plot_history
from ostinato.inspection.report import report as report
from ostinato.inspection.report import versions as versions
from ostinato.inspection.through_time import gradient_norms as gradient_norms
from ostinato.inspection.through_time import influence as influence
from ostinato.inspection.through_time import memory_length as memory_length
from ostinato.inspection.through_time import with_spectral_radius as with_spectral_radius
