"""Repair a submission's cells and labels before it is graded."""

from copy import deepcopy
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

COURSE = Path(__file__).parents[1]


class Mend(NbGraderPreprocessor):
    """Make sure that each question has exactly one cell, with its label.

    nbgrader alone stops the whole class at a copied cell, gives no score for a deleted test, and
    cannot grade a notebook whose labels an editor has removed. In our sheets the id of a graded
    cell is its grade_id, so a lost label is found again. This replaces DeduplicateIds and
    OverwriteCells.add_missing_cells.
    """

    def preprocess(self, nb, resources):
        asked = resources["nbgrader"]
        path = COURSE / "source" / asked["assignment"] / f"{asked['notebook']}.ipynb"
        sheet = nbformat.read(path, as_version=4)
        labels = {
            cell.id: cell.metadata.nbgrader for cell in sheet.cells if "nbgrader" in cell.metadata
        }
        self._label(nb, labels)
        with Gradebook(asked["db_url"]) as gradebook:
            for name in self._missing(nb, labels):
                original = gradebook.find_source_cell(name, asked["notebook"], asked["assignment"])
                self.log.warning("The cell %s was missing and is put back", name)
                self._put_back(nb, name, labels, original)
        return nb, resources

    def _label(self, nb, labels):
        """Label one cell per question: among copies the original, else the last."""
        claims = {}
        for cell in nb.cells:
            label = cell.metadata.pop("nbgrader", {})
            names = (label.get("grade_id"), cell.get("id"))
            name = next((name for name in names if name in labels), None)
            if name:
                claims.setdefault(name, []).append(cell)
        for name, cells in claims.items():
            original = next((cell for cell in cells if cell.get("id") == name), cells[-1])
            original.metadata["nbgrader"] = deepcopy(labels[name])

    def _missing(self, nb, labels):
        there = self._names(nb)
        return [name for name, label in labels.items() if label.grade and name not in there]

    def _put_back(self, nb, name, labels, original):
        """Insert a cell after the question before it, else before the next one, else at the end."""
        order, there = list(labels), self._names(nb)
        before = [other for other in order[: order.index(name)] if other in there]
        after = [other for other in order[order.index(name) :] if other in there]
        if before:
            place = there.index(before[-1]) + 1
        else:
            place = there.index(after[0]) if after else len(there)
        new = getattr(nbformat.v4, f"new_{original.cell_type}_cell")
        label = {"nbgrader": deepcopy(labels[name])}
        nb.cells.insert(place, new(original.source, id=name, metadata=label))

    @staticmethod
    def _names(nb):
        return [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells]
