"""Repair a submission's cells and labels before it is graded."""

from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4.nbbase import random_cell_id
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor

from .examine import REMARKS, remark
from .names import few

COURSE = Path(__file__).parents[1]
# what differs from the sheet is read by a person
MISSING = "*This answer was missing; its cell was put back. Look for an answer in other cells.*"
ELSEWHERE = "*This cell was left as it was handed out, and other cells next to it hold something.*"


class Mend(NbGraderPreprocessor):
    """Make sure that each question has exactly one cell, and all cells the sheet's metadata.

    Metadata can do harm: nbclient does not run a cell with a certain tag.

    nbgrader alone stops the whole class at a copied cell, gives no score for a deleted test, and
    cannot grade a notebook whose labels an editor has removed. In our sheets the id of a graded
    cell is its grade_id, so a lost label is found again. This replaces DeduplicateIds and
    OverwriteCells.add_missing_cells.
    """

    def preprocess(self, nb, resources):
        asked = resources["nbgrader"]
        path = COURSE / "source" / asked["assignment"] / f"{asked['notebook']}.ipynb"
        sheet = nbformat.read(path, as_version=4)
        labels = {cell.id: cell.metadata for cell in sheet.cells if "nbgrader" in cell.metadata}
        nb.metadata = deepcopy(sheet.metadata)
        self._label(nb, labels)
        missing = self._missing(nb, labels)
        handed_out = {" ".join(cell.source.split()) for cell in sheet.cells}
        with Gradebook(asked["db_url"]) as gradebook:

            def original(name):
                return gradebook.find_source_cell(name, asked["notebook"], asked["assignment"])

            for name in missing:
                self.log.warning("The cell %s was missing and is put back", name)
                self._put_back(nb, name, labels, original(name))
            words = list(self._words(nb, set(missing), handed_out))
            elsewhere = [cell for cell in words if self._untouched(cell, original)]
        for cell in elsewhere:
            cell.source = f"{ELSEWHERE}\n\n{cell.source}"
        names = [cell.metadata.nbgrader.grade_id for cell in elsewhere]
        for words, which in (
            ("missing and put back", missing),
            ("left as it was, with something in other cells next to it", names),
        ):
            remark(nb, [f"{words}: {few(which)}"] if which else [])
        return nb, resources

    @staticmethod
    def _untouched(cell, original):
        """Whether a cell still holds what was handed out."""
        try:
            return cell.source.strip() == original(cell.metadata.nbgrader.grade_id).source.strip()
        except MissingEntry:
            return False

    @staticmethod
    def _words(nb, missing, handed_out):
        """The cells of answers in words that have something of the student's next to them.

        Args:
            missing: names of cells that were put back, which a person reads anyhow.
            handed_out: what unlabelled cells held in the sheet.
        """
        runs = [[]]  # cells without a label, between those with one
        labelled = []
        for cell in nb.cells:
            if "nbgrader" in cell.metadata:
                labelled.append(cell)
                runs.append([])
            else:
                runs[-1].append(" ".join(cell.source.split()))
        for cell, before, after in zip(labelled, runs, runs[1:], strict=False):
            label = cell.metadata.nbgrader
            asked = label.grade and label.solution and label.grade_id not in missing
            if asked and {*before, *after} - handed_out - {""}:
                yield cell

    def _label(self, nb, labels):
        """Label one cell per question: among copies the original, else the last."""
        claims = {}
        for cell in nb.cells:
            if cell.get("id") == REMARKS:
                cell.id = random_cell_id()
            label, cell.metadata = cell.metadata.get("nbgrader", {}), NotebookNode()
            names = (label.get("grade_id"), cell.get("id"))
            name = next((name for name in names if name in labels), None)
            if name:
                claims.setdefault(name, []).append(cell)
        for name, cells in claims.items():
            original = next((cell for cell in cells if cell.get("id") == name), cells[-1])
            original.metadata = deepcopy(labels[name])
            if labels[name].nbgrader.grade and labels[name].nbgrader.solution:  # in words: read all
                original.source = "\n\n".join(dict.fromkeys(cell.source for cell in cells))

    def _missing(self, nb, labels):
        there = self._names(nb)
        return [name for name, own in labels.items() if own.nbgrader.grade and name not in there]

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
        source = original.source
        if labels[name].nbgrader.solution:  # differs from the sheet's, so that a person reads it
            source = f"{MISSING}\n\n{source}"
        nb.cells.insert(place, new(source, id=name, metadata=deepcopy(labels[name])))

    @staticmethod
    def _names(nb):
        return [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells]
