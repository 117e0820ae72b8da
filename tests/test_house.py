"""The house in order: packages, commands, notebooks, credits and the two commands of the README."""

import csv
import importlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distributions, version
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOTEBOOKS = sorted([*ROOT.glob("course/**/*.ipynb"), *ROOT.glob("exercises/**/*.ipynb")])
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("*/README.md"))]
LARGEST_FILE = 5_000_000  # bytes

# conda-forge's name -> PyPI's; and what only conda needs to be told
CONDA_NAMES = {"pysoundfile": "soundfile", "soxr-python": "soxr", "pytorch": "torch"}
CONDA_ONLY = {"python", "pip", "fluidsynth"}


def ranges(requirements) -> dict[str, SpecifierSet]:
    """The version range by package name."""
    parsed = map(Requirement, requirements)
    return {canonicalize_name(each.name): each.specifier for each in parsed}


def conda_ranges() -> dict[str, SpecifierSet]:
    """environment.yml in PyPI's names and notation, with its pip section."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    found = {}
    for entry in entries:
        if isinstance(entry, dict):
            found |= ranges(line for line in entry["pip"] if line != "-e .")
            continue
        name, _, wanted = entry.partition(" ")
        found[CONDA_NAMES.get(name, name)] = SpecifierSet(
            wanted if wanted[:1] in ("", "<", ">", "=") else f"=={wanted}"
        )
    return found


def tracked_files(require) -> list[Path]:
    """The files git keeps, as they lie in the working tree."""
    listing = subprocess.run(
        [require("git"), "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).exists()]


def commands_in(document: Path, program: str) -> set[str]:
    """The words that follow a program's name in a document's code."""
    text = document.read_text()
    code = re.findall(r"^```.*?^```|`[^`\n]+`", text, flags=re.DOTALL | re.MULTILINE)
    return set(re.findall(rf"(?:^|[\s`/]){program} ([a-z][a-z-]*)", "\n".join(code)))


# --- packages ---------------------------------------------------------------------------------


def test_conda_and_pip_install_the_same_packages_in_the_same_ranges():
    conda = conda_ranges()
    assert set(PROJECT["requires-python"].split(",")) <= set(str(conda["python"]).split(","))
    without_conda_only = {name: wanted for name, wanted in conda.items() if name not in CONDA_ONLY}
    assert without_conda_only == ranges(PROJECT["dependencies"])


def test_every_direct_dependency_is_pinned_within_its_range():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins), "only name==version lines"
    versions = {canonicalize_name(name): pin for name, pin in (p.split("==") for p in pins)}
    wanted = ranges(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"])
    unmet = {name for name, range_ in wanted.items() if versions.get(name, "0") not in range_}
    assert not unmet


def test_every_pinned_package_takes_the_oldest_python_we_name():
    # Debian 12 brings 3.11.2, and a package may want a later patch of 3.11
    pins = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE)
    wanted = {
        each.metadata["Name"]: each.metadata["Requires-Python"] or ""
        for each in distributions()
        if canonicalize_name(each.metadata["Name"]) in map(canonicalize_name, pins)
    }
    assert len(wanted) > len(PROJECT["dependencies"])
    too_new = {name for name, range_ in wanted.items() if "3.11.2" not in SpecifierSet(range_)}
    assert too_new == set()


@pytest.mark.parametrize(
    "package",
    ["jupyterlab", "ipywidgets", "torch", "librosa", "matplotlib", "nbgrader", "ipywebrtc",
     "anywidget", "lightning_fabric", "numba", "safetensors", "soundfile", "soxr"],
)  # fmt: skip
def test_the_named_package_imports(package):
    assert importlib.import_module(package).__name__ == package


def test_the_fluidsynth_binding_finds_its_library(require):
    require("libfluidsynth")
    assert importlib.import_module("fluidsynth").Synth


def test_the_wheel_carries_every_file_of_the_package(require, tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True, capture_output=True,
    )  # fmt: skip
    [wheel] = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    kept = {path.relative_to(ROOT).as_posix() for path in tracked_files(require)}
    assert {name for name in kept if name.startswith("nsynth_edu/")} <= packed


def test_citation_and_changelog_name_the_released_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (citation["version"], citation["license"]) == (version("nsynth-edu"), PROJECT["license"])
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:2] == ["Unreleased", version("nsynth-edu")]


# --- commands ---------------------------------------------------------------------------------


def test_every_quoted_command_of_ours_exists():
    program = Path(sys.executable).with_name("nsynth-edu")
    offered = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    quoted = set().union(*(commands_in(document, "nsynth-edu") for document in DOCUMENTS))
    assert "morph" in quoted
    assert {name for name in quoted if not re.search(rf"\b{name}\b", offered)} == set()
    for name in sorted(quoted):
        subprocess.run([program, name, "--help"], capture_output=True, check=True)


def test_every_quoted_make_target_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    quoted = set().union(*(commands_in(document, "make") for document in DOCUMENTS))
    assert {"lab", "test"} <= quoted <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_into_the_repository_leads_somewhere(document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


# --- setting up -------------------------------------------------------------------------------


@pytest.fixture
def make_venv(require, tmp_path):
    """Runs `make venv` on a copy of the build files; gives its status and last sentence."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())

    def run(python, **environment):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "MAKE"))}
        done = subprocess.run(
            [require("make"), "venv", f"PYTHON={python}"],
            cwd=tmp_path, env=inherited | environment, capture_output=True, text=True,
        )  # fmt: skip
        said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
        return done.returncode, said[-1]

    return run


def test_a_missing_python_is_one_sentence(make_venv):
    status, sentence = make_venv("/no/such/python")
    assert status and sentence.startswith("There is no '/no/such/python' here: install Python 3.11")


def test_a_python_too_old_is_one_sentence(make_venv, tmp_path):
    # this Python, telling an older version of itself
    old = tmp_path / "python3.9"
    old.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit\n'
        f'exec "{sys.executable}" -c \'import sys; sys.version_info = (3, 9, 2); '
        'exec(sys.argv[1])\' "$2"\n'
    )
    old.chmod(0o755)
    status, sentence = make_venv(old)
    assert status and sentence.startswith("Python 3.9.2 is too old: nsynth-edu needs 3.11")


def test_no_network_is_one_sentence_and_no_half_made_environment(make_venv, tmp_path):
    status, sentence = make_venv(sys.executable, PIP_NO_INDEX="1", PIP_CONFIG_FILE=os.devnull)
    assert status and sentence.startswith("Installing failed, the lines above say why: connect")
    assert not list((tmp_path / ".venv").glob("*-ready"))


# --- what is kept -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_kept_notebook_is_stripped_and_every_cell_has_its_own_id(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    stored = [cell.id for cell in code if cell.outputs or cell.execution_count]
    assert stored == [], "run .venv/bin/nbstripout --keep-id on it"
    ids = [cell.get("id") for cell in notebook.cells]
    assert None not in ids and len(set(ids)) == len(ids)


def test_the_course_opens_with_lesson_00():
    assert ROOT / "course" / "00_hear_it_first.ipynb" in NOTEBOOKS


def test_every_sound_and_picture_is_credited():
    with (ROOT / "media" / "CREDITS.csv").open(newline="") as file:
        credits = list(csv.DictReader(file))
    media = {
        path.relative_to(ROOT / "media").as_posix()
        for path in (ROOT / "media").rglob("*")
        if path.is_file() and path.name != "CREDITS.csv"
    }
    assert {line["file"] for line in credits} == media
    incomplete = [line for line in credits if not all(map(str.strip, line.values()))]
    assert not incomplete


def test_no_kept_file_is_larger_than_5_megabytes(require):
    large = [path for path in tracked_files(require) if path.stat().st_size > LARGEST_FILE]
    assert large == []


# --- the tests themselves ---------------------------------------------------------------------


@pytest.mark.skipif(
    "PYTEST_XDIST_WORKER" not in os.environ, reason="Only parallel workers limit their threads."
)
def test_a_parallel_worker_computes_on_one_thread():
    torch = importlib.import_module("torch")
    assert torch.get_num_threads() == 1


def test_parallel_workers_keep_a_group_of_tests_together(request):
    """Else each worker would run each lesson and set up each class: twice the time, unnoticed."""
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("the tests are not distributed by group")
    assert request.node.nodeid.endswith("@tests/test_house")


def test_a_missing_program_skips_at_home_and_fails_in_continuous_integration(require, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no program-of-no-machine"):
        require("program-of-no-machine")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no program-of-no-machine"):
        require("program-of-no-machine")
