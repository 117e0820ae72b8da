"""Packages: they import nothing before it is used, and every public name is what it says."""

import doctest
import re
import subprocess
import sys

import pytest

import nsynth_edu

PACKAGES = [
    "nsynth_edu", "nsynth_edu.sound", "nsynth_edu.models", "nsynth_edu.generation",
    "nsynth_edu.training", "nsynth_edu.evaluation", "nsynth_edu.play", "nsynth_edu.studio",
    "nsynth_edu.classroom", "nsynth_edu.classroom.explorers",
]  # fmt: skip
FRONT_DOOR = sorted(set(nsynth_edu.__all__) - {name.split(".")[-1] for name in PACKAGES})
HEAVY = {"torch", "numba", "av", "submitit", "matplotlib", "librosa", "scipy", "numpy", "IPython"}


def fresh(code):
    """Runs code in a Python that has imported nothing of ours -> what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_nothing_heavy(package):
    assert fresh(f"import sys, {package}; print(*({HEAVY} & set(sys.modules)))") == "\n"


def test_questions_and_checks_need_no_network():
    words = "check, predict, hint, reveal, verdict, require, attempt, attempts, plausible"
    code = f"from nsynth_edu.classroom import {words}; import sys; print(*sys.modules)"
    heavy = {"torch", "numba", "av", "submitit", "matplotlib", "librosa", "scipy"}
    assert heavy & set(fresh(code).split()) == set()


def test_sounds_questions_and_sample_sets_need_no_torch():
    code = """
import sys
from nsynth_edu import classroom, play, sound, studio
for name in set(classroom.__all__) - {"JobProgress", "LivePad", "check_my_nsynth"}:
    getattr(classroom, name)
note = classroom.load_note("notes/flute_60")
sound.mu_law_decode(sound.mu_law_encode(note))
play.pitch_name(60), studio.check_samples, studio.prepare, studio.ingest
print("torch" in sys.modules)
"""
    assert fresh(code) == "False\n"


@pytest.mark.parametrize("first", ["names", "modules"])
def test_every_public_name_is_what_its_module_defines(first):
    # a module that has the name of a function must not take its place, whoever comes first
    code = f"""
import importlib, pkgutil, types
packages = {PACKAGES}
if {first == "modules"}:
    for name in packages:
        package = importlib.import_module(name)
        for module in pkgutil.iter_modules(package.__path__, name + "."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
for name in packages:
    package, space = importlib.import_module(name), {{}}
    assert sorted(package.__all__) == sorted(dir(package)), name
    exec(f"from {{name}} import *", space)
    for word in package.__all__:
        thing, is_floor = getattr(package, word), f"{{name}}.{{word}}" in packages
        assert thing is space[word], (name, word)
        assert isinstance(thing, types.ModuleType) == is_floor, (name, word)
        assert is_floor or getattr(thing, "__name__", word) == word, (name, word)
print("done")
"""
    assert fresh(code) == "done\n"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_that_is_not_there_is_an_error(package):
    with pytest.raises(ImportError, match="no_such_name"):
        exec(f"from {package} import no_such_name")


# --- the front door ---------------------------------------------------------------------------


def test_the_front_door_is_what_the_package_says_and_shows():
    lines = re.findall(r"^    [a-z]+ +(.+)$", nsynth_edu.__doc__, flags=re.MULTILINE)
    assert sorted(" ".join(lines).split()) == FRONT_DOOR
    assert len(FRONT_DOOR) == 20
    assert set(FRONT_DOOR) <= set(dir(nsynth_edu))


@pytest.mark.parametrize("name", FRONT_DOOR)
def test_the_example_of_a_name_runs_as_it_stands(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # for the files it writes
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner()
    [example] = finder.find(getattr(nsynth_edu, name), name, globs={})
    assert any(name in line.source for line in example.examples[1:]), "an import is not an example"
    said = []
    failed, _ = runner.run(example, out=said.append)
    assert failed == 0, "".join(said)
