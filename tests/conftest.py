"""What all tests share: one thread per process, and what a missing system program means."""

import os
import shutil
import subprocess
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path

import pytest

# before torch and numba are imported; the programs that tests start inherit it: threads of
# several processes that wait for each other on a few cores cost tenfold
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

# groups of tests that take longest begin first, so that no worker is left alone with one
LONGEST = (
    "tests/test_studio_slurm",
    "05_inside_a_wavenet_layer.ipynb",
    "ps5_group_generation",
    "ps8_piece",
    "10_from_line_to_instrument.ipynb",
    "tests/test_studio_job",
    "06_the_autoencoder.ipynb",
    "tests/test_exercises_class",
    "ps4_latent",
    "browser/test_lesson_10",
    "04_reaching_back.ipynb",
    "browser/test_exported_pad",
    "browser/test_reading",
    "tests/test_exercises_term",
    "ps6_next_sample",
    "ps1_mu_law",
    "ps2_receptive_fields",
    "ps3_cqt",
    "ps7_wavenet_layer",
    "tests/test_training",
)
EXERCISES = Path(__file__).parents[1] / "exercises"
SOUNDFONTS = ("FluidR3_GM.sf2", "MuseScore_General.sf3", "MuseScore_General_Full.sf2")
SOUNDFONT_FOLDERS = ("/usr/share/sounds/sf2", "/usr/share/sounds/sf3", "/usr/share/soundfonts")


def find_program(name: str) -> str | None:
    """Where a program, library or SoundFont lies on this machine; None where it is missing."""
    if name == "chromium":
        browsers = ("chromium", "chromium-browser", "google-chrome")
        return next(filter(None, map(shutil.which, browsers)), None)
    if name == "pysfizz":
        package = find_spec(name)
        return package and package.origin
    if name == "libfluidsynth":
        return find_library("fluidsynth")
    if name == "soundfont":
        paths = (Path(folder, file) for file in SOUNDFONTS for folder in SOUNDFONT_FOLDERS)
        return next((str(path) for path in paths if path.exists()), None)
    return shutil.which(name)


def sandbox_works() -> bool:
    """Whether this machine lets bubblewrap make a sandbox; some containers do not."""
    command = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


if not sandbox_works():  # the answers that tests have graded are our own
    os.environ["NSYNTH_EDU_GRADE_WITHOUT_SANDBOX"] = "1"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    """What shares something costly runs on one worker, in one go: a file, or an `xdist_group`."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            name = f"{item.path.parent.name}/{item.path.stem}"
            item.add_marker(pytest.mark.xdist_group(name))
    groups = [item.get_closest_marker("xdist_group").args[0] for item in items]
    yield  # xdist reads the groups, pytest puts equal parameters together
    order = {name: place for place, name in enumerate(dict.fromkeys([*LONGEST, *groups]))}
    items.sort(key=lambda item: order[item.get_closest_marker("xdist_group").args[0]])


@pytest.fixture(scope="session")
def require():
    """`require("chromium")` gives its path; without it the test is skipped, and fails in CI."""

    def require(name: str) -> str:
        found = find_program(name)
        if found is None:
            stop = pytest.fail if os.environ.get("CI") else pytest.skip
            stop(f"This machine has no {name}: CONTRIBUTING.md names the packages to install.")
        return found

    return require


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Path of a model that is quick."""
    from group_job import tiny_model  # imports torch

    return tiny_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


@pytest.fixture
def checks(monkeypatch):
    """The package of hidden tests, which students do not have."""
    monkeypatch.syspath_prepend(EXERCISES)
    import checks

    return checks


@pytest.fixture
def good(tmp_path):
    """A student's set of samples, without a fault."""
    from samples import write_set

    return write_set(tmp_path / "set")


@pytest.fixture
def elsewhere(tmp_path):
    """Somebody else's folder, with a sound that would pass."""
    from samples import pcm, tone, wav

    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "secret.wav").write_bytes(wav(pcm(tone(24))))
    return folder
