"""Which trainings a study has, as far as its results let it be known."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import Cell, Selection, Stage, Study
from .store import Store
from .tuning import first_candidates, select


@dataclass(frozen=True)
class Layout:
    """The stages of a study, laid out: tuned ones as soon as the stage that tunes them is complete."""

    study: Study  #: what is declared
    store: Store  #: what is there of it
    cells: dict[str, list[Cell]]  #: by stage; stages that wait for a selection are not there
    selections: dict[str, Selection]  #: by tuning stage, those that are complete

    @classmethod
    def of(cls, study: Study, store: Store) -> Layout:
        """Lay out a study: select where tuning is complete, and expand the stages that this allows."""
        cells: dict[str, list[Cell]] = {}
        selections: dict[str, Selection] = {}
        for stage in study.stages:
            if stage.tuned_by and stage.tuned_by not in selections:
                continue
            cells[stage.name] = study.cells(stage, selections.get(stage.tuned_by))
            if stage.select and all(store.has(cell.key) for cell in cells[stage.name]):
                selections[stage.name] = select(stage, cells[stage.name], store.records)
        return cls(study, store, cells, selections)

    def missing(self, stage: Stage) -> list[Cell]:
        """Return the trainings of a stage whose results are not there, as far as it could be laid out."""
        return [cell for cell in self.cells.get(stage.name, ()) if not self.store.has(cell.key, stage.keep_params)]

    def to_come(self, stage: Stage) -> list[Cell]:
        """Return the trainings of a stage that are still to be made; if it waits, as many as with any selection."""
        return self.missing(stage) if stage.name in self.cells else self.expected(stage)

    def stored(self, stage: str) -> list[Cell]:
        """Return the trainings of a stage whose results are there, with or without parameters."""
        return [cell for cell in self.cells.get(stage, ()) if self.store.has(cell.key)]

    def expected(self, stage: Stage) -> list[Cell]:
        """Return the trainings of a stage, or if it waits for a selection, as many: those with the first candidates."""
        known = self.cells.get(stage.name)
        return self.study.cells(stage, first_selection(self.study, stage)) if known is None else known


def first_selection(study: Study, stage: Stage) -> Selection | None:
    """Return a selection that stands for one that is not known yet: the first candidate of each method."""
    if not stage.tuned_by:
        return None
    tuning = study.stage(stage.tuned_by)
    return first_candidates(tuning, study.cells(tuning, first_selection(study, tuning)))
