"""The graded course as nbgrader sees it; run nbgrader's commands in this folder (README.md)."""

import os
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parent
sys.path.insert(0, str(COURSE))  # for this file

from checks.collect import Collect, guard  # noqa: E402
from checks.examine import Examine  # noqa: E402
from checks.mend import Mend  # noqa: E402
from checks.names import Table  # noqa: E402
from checks.reading import ReadingExporter  # noqa: E402
from checks.sandbox import SandboxedKernelManager  # noqa: E402
from checks.serving import protect  # noqa: E402
from nbconvert.preprocessors import ClearMetadataPreprocessor  # noqa: E402
from nbgrader.preprocessors import (  # noqa: E402
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    IgnorePattern,
    LimitOutput,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from nbgrader.validator import Validator  # noqa: E402


def put_first(name, folder):
    """Prepend a folder to a search path in the environment."""
    others = os.environ.get(name)
    os.environ[name] = os.pathsep.join([str(folder), others] if others else [str(folder)])


put_first("PATH", Path(sys.executable).parent)  # nbgrader calls alembic by name
os.environ.setdefault("NSYNTH_EDU_GRADING_SEED", "2026")

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "nsynth-edu"
c.CourseDirectory.root = str(COURSE)
if "NSYNTH_EDU_EXCHANGE" in os.environ:  # a folder that all students can reach
    c.Exchange.root = os.environ["NSYNTH_EDU_EXCHANGE"]
c.ExchangeFactory.collect = Collect  # follows no links
guard()  # nor does grading

c.ClearSolutions.code_stub = {"python": "# your code: replace the dots, or write here"}
c.ClearSolutions.text_stub = "*Your answer here.*"

# a lost test cell is restored, a duplicate no longer stops the whole class
c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    Mend,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]
# hidden tests run outside the kernel that is graded
c.Autograde.autograde_preprocessors = [
    Examine,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
Validator.preprocessors.default_args = ([CheckCellMetadata, ClearOutput, Examine],)
c.Execute.kernel_manager_class = SandboxedKernelManager
c.Execute.extra_arguments = [
    "--InteractiveShellApp.ignore_cwd=True",
    # modules of the student's own are found last, and replace no other
    "--InteractiveShellApp.exec_lines=__import__('sys').path.append('')",
]
c.Execute.timeout = 120  # seconds for one cell
c.Execute.raise_on_iopub_timeout = False
c.Execute.shutdown_kernel = "immediate"  # it is killed, not asked

# nothing that a student has written runs where it is read
c.GenerateFeedback.exporter_class = ReadingExporter
protect()  # Formgrader, where this is read by JupyterLab's server
c.ExportApp.plugin_class = Table  # no formulas
