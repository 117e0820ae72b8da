"""Names of students: which ones are taken, and how they stand in a table."""

import re
from pathlib import Path

from nbgrader.plugins import CsvExportPlugin

STUDENT = re.compile(r"\w[\w.@+-]*")
# a cell that a spreadsheet would calculate: it begins like a formula, and is no number
FORMULA = re.compile(r"(^|,)(?=[=+@\t\r]|-(?!\d))", re.MULTILINE)


class Table(CsvExportPlugin):
    """nbgrader's table of grades; what a spreadsheet would take for a formula stands as text."""

    def export(self, gradebook):
        super().export(gradebook)
        path = Path(self.to or "grades.csv")
        path.write_text(FORMULA.sub(r"\1'", path.read_text()))
