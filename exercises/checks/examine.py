"""Give test cells their points: their hidden tests run outside the process that is graded.

A student's code can do what it likes with the tests in its own kernel. So a cell that passed there
is examined once more: `examiner.py` runs its hidden test in a process of its own, and asks the
kernel only for values, and for what the student's functions return. Nothing else counts.
"""

import ast

from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.utils import has_failed, is_grade

from .conversation import STOPPED, Conversation
from .limits import LimitedExecute
from .names import few, shadows

REMARKS = "remarks-of-grading"  # id of the cell that holds them
NO_POINTS = "No points yet: the card above says why."


class Examine(LimitedExecute):
    """Executes a notebook; a test cell gets its points where the examiner agrees.

    What a person should look at stands in a cell at the head of the graded notebook.
    """

    def preprocess(self, nb, resources, km=None):
        self.remarks, self.examiner = [], None
        folder = (resources or {}).get("metadata", {}).get("path") or "."
        if found := shadows(folder):
            self.remarks.append(f"named like another module, and not taken for it: {few(found)}")
        try:
            nb, resources = super().preprocess(nb, resources, km)
        finally:
            if self.examiner:
                self.examiner.close()
        remark(nb, self.remarks)
        return nb, resources

    def preprocess_cell(self, cell, resources, index):
        cell, resources = super().preprocess_cell(cell, resources, index)
        if is_grade(cell) and cell.cell_type == "code":
            self.examiner = self.examiner or Conversation(self.km)
            self.examine(cell)
        if self.examiner and index == len(self.nb.cells) - 1:
            self.look(cell)
        return cell, resources

    def look(self, last):
        """Remark where the kernel's own tests, or what runs them, are not what they were."""
        changed = self.examiner.changed(self._seconds(last))
        if changed is None:
            self.remarks.append("the kernel did not answer after its last cell")
        elif changed:
            self.remarks.append(f"the tests were changed from within: {few(changed)}")

    def examine(self, cell):
        """Append what the hidden tests of a cell say; where one fails, the cell has failed."""
        name = cell.metadata.nbgrader.grade_id
        if cell.execution_count is None:
            self.remarks.append(f"the test {name} did not run, and gives no points")
            fail(cell, "This test did not run.")
            return
        for test, answers in hidden_tests(cell.source):
            if has_failed(cell):
                return
            found = self.examiner.examine(test, answers, self._seconds(cell))
            for page, text in found["cards"]:
                data = {"text/html": page, "text/plain": text}
                cell.outputs.append(new_output("display_data", data))
            if found is STOPPED:
                self.remarks.append(f"the hidden test of {name} was stopped, and gives no points")
            if found["problem"]:
                fail(cell, NO_POINTS if found["cards"] else found["problem"])

    def _seconds(self, cell):
        return self._get_timeout(cell) or 600


def remark(nb, remarks):
    """Add remarks to the cell at the head of a graded notebook, which is made for the first one.

    Args:
        nb: the notebook.
        remarks: list of phrases.
    """
    if not remarks:
        return
    if not nb.cells or nb.cells[0].get("id") != REMARKS:
        nb.cells.insert(0, new_markdown_cell("Remarks of the grading:\n", id=REMARKS))
    nb.cells[0].source += "".join(f"\n- {each}." for each in remarks)


def fail(cell, sentence):
    """Make a cell give no points, whatever its own outputs say."""
    for output in cell.outputs:
        if output.output_type == "execute_result":  # nbgrader would read points in it
            output.output_type = "display_data"
            del output["execution_count"]
    error = new_output("error", ename="AnswerError", evalue="", traceback=[sentence])
    cell.outputs.append(error)


def hidden_tests(source):
    """List the hidden tests that a test cell names.

    Args:
        source: of the sheet's cell.

    Returns:
        list of (test, list of its arguments' expressions).
    """
    lines = TransformerManager().transform_cell(source)
    calls = (node for node in ast.walk(ast.parse(lines)) if isinstance(node, ast.Call))
    return [
        (call.args[0].value, [ast.unparse(argument) for argument in call.args[1:]])
        for call in calls
        if getattr(call.func, "id", "") == "once_more"
    ]
