"""Pictures and diagnoses of a fitted model: `report` writes a page, `plot_*` write pictures."""

from __future__ import annotations

from ostinato.inspection.pictures import plot_confusion as plot_confusion
from ostinato.inspection.pictures import plot_forecast as plot_forecast
from ostinato.inspection.pictures import plot_history as plot_history
from ostinato.inspection.report import BASELINES as BASELINES
from ostinato.inspection.report import Evidence as Evidence
from ostinato.inspection.report import beside_baseline as beside_baseline
from ostinato.inspection.report import confusion as confusion
from ostinato.inspection.report import lower_is_better as lower_is_better
from ostinato.inspection.report import report as report
from ostinato.inspection.report import versions as versions
