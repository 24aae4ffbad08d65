"""Pictures and diagnoses of a fitted model: `report` writes a page, `plot_*` write pictures."""

from __future__ import annotations

from ostinato.inspection.pictures import learning_figures as learning_figures
from ostinato.inspection.pictures import plot_confusion as plot_confusion
from ostinato.inspection.pictures import plot_forecast as plot_forecast
from ostinato.inspection.pictures import plot_history as plot_history
from ostinato.inspection.report import report as report
from ostinato.inspection.report import versions as versions
