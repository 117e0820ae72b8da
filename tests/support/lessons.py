"""Each lesson runs once, and whoever asks about it asks that run."""

import ast
import importlib
import inspect
import json
import os
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from nsynth_edu.classroom import questions

ROOT = Path(__file__).parents[2]
COURSE = ROOT / "course"
CELL = 150  # s, one cell of a lesson, on a busy machine
LONG = 240  # s, one question, or one cell while another program keeps a core busy
ANSWER = """
import json, types
print(json.dumps({name}(types.SimpleNamespace(**globals())), default=float))
"""


def read_notebook(path):
    """A notebook as nbformat has it."""
    return nbformat.read(path, as_version=4)


def read(name):
    """Prose and code of a lesson, and what is kept for its questions, without line breaks."""
    lesson = read_notebook(COURSE / name)
    kept = importlib.import_module(questions.lessons()[name[:2]])
    names = ("PREDICTIONS", "CHECKS", "HINTS", "FIGURES", "DESCRIPTIONS", "LISTENING")
    tables = [getattr(kept, table, {}) for table in names]
    sources = [cell.source for cell in lesson.cells] + [str(table) for table in tables]
    return " ".join(re.sub(r"\s+", " ", source) for source in sources)


@contextmanager
def another_program():
    """It computes without a pause; in the end the list holds the s of processor time it took."""
    taken = []
    program = psutil.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield taken
    finally:
        taken.append(program.cpu_times().user)
        program.kill()
        program.wait()


def client(lesson, timeout):
    """Runs a lesson in its folder; `timeout` in s is of a cell."""
    where = {"metadata": {"path": str(COURSE)}}
    return NotebookClient(lesson, timeout=timeout, kernel_name="python3", resources=where)


class Run:
    """A lesson that has run in a kernel of its own, and answers questions.

    Attributes:
        cells: of the lesson, with what they have put out.
        failure: the exception that broke it off, or None.
    """

    def __init__(self, name):
        lesson = read_notebook(COURSE / name)
        self.client, self.cells, self.failure = client(lesson, CELL), lesson.cells, None
        try:
            self.client.execute(cleanup_kc=False, env=environment())
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as failure:
            self.failure = failure

    def execute(self, source):
        """Run one more cell in the lesson's kernel, and return its outputs."""
        assert self.failure is None, "the lesson broke off: test_lessons.py says where"
        assert self.client.km, "its kernel has been shut down"
        cell = nbformat.v4.new_code_cell(source)
        self.client.nb, self.client.timeout = nbformat.v4.new_notebook(cells=[cell]), LONG
        self.client.execute(cleanup_kc=False)
        return cell.outputs

    def end(self):
        """Shut the kernel down; what the cells have put out stays."""
        if self.client.km:
            self.client.nb = nbformat.v4.new_notebook()
            self.client.execute()


def environment(threads=True):
    """Nothing can be fetched: any address leads nowhere. And no number of `threads` is set."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    found = os.environ | nowhere | {"no_proxy": "", "PYTHONPATH": path}
    return {name: found[name] for name in found if threads or not name.endswith("_NUM_THREADS")}


runs = {}  # the last one


def run(name):
    """Run a lesson, or give the run it had.

    The kernel of the lesson before is shut down: tests of one lesson follow each other, see
    `xdist_group` and tests/conftest.py.
    """
    if name not in runs:
        while runs:
            runs.popitem()[1].end()
        runs[name] = Run(name)
    return runs[name]


def ask(name, question):
    """What a lesson has found.

    Args:
        name: of the lesson.
        question: function of the lesson's variables. Its source runs in the lesson's kernel and
            finds nothing of the module it stands in. It returns what JSON can hold.
    """
    source = inspect.getsource(question) + ANSWER.format(name=question.__name__)
    return json.loads(run(name).execute(source)[0].text)


def answered(name, place, answer):
    """What a check of a lesson says to an answer in place of its `...`."""
    source = next(cell.source for cell in run(name).cells if cell.id == place)
    filled = source.replace("= ...", f"= {answer}", 1)
    return run(name).execute(filled)[-1].data["text/plain"]


def excerpt(name, ids):
    """Some cells of a lesson as a notebook of their own, below all that the lesson imports."""
    lesson = read_notebook(COURSE / name)
    code = [cell for cell in lesson.cells if cell.cell_type == "code"]
    imports = [
        ast.get_source_segment(cell.source, line)
        for cell in code
        for line in ast.parse(cell.source).body
        if isinstance(line, ast.Import | ast.ImportFrom)
    ]
    chosen = [cell for cell in code if cell.id in ids]
    assert [cell.id for cell in chosen] == list(ids)
    lesson.cells = [nbformat.v4.new_code_cell("\n".join(imports)), *chosen]
    return lesson
