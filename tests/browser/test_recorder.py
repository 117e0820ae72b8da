"""The recorders in a real JupyterLab, before a microphone that plays a file: both paths, by ear."""

import json
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
import soundfile
from lab import failures
from playwright.sync_api import expect

from nsynth_edu.sound import estimate_pitch
from nsynth_edu.studio import check_samples

PS5 = Path(__file__).parents[2] / "exercises/source/ps5_group_generation/ps5_group_generation.ipynb"
PITCH, PEAK, RATE = 220.0, 0.5, 44_100  # what the microphone hears
OURS = """\
from nsynth_edu.classroom import Recorder
recorder = Recorder(note=57, seconds=1.5, count_in=1)
recorder"""
LOOK = """\
import json
import numpy as np
w = recorder.waveform
spectrum = np.abs(np.fft.rfft(w * np.hanning(w.size)))
thirds = [float(np.percentile(np.abs(part), 99)) for part in np.array_split(w, 3)]
print(json.dumps({"hertz": float(spectrum.argmax() * 16_000 / w.size), "peaks": thirds,
                  "seconds": w.size / 16_000, "dtype": str(w.dtype)}))"""
THEIRS = """\
import ipywebrtc
constraints = {"audio": {"echoCancellation": False, "noiseSuppression": False,
                         "autoGainControl": False}, "video": False}
camera = ipywebrtc.CameraStream(constraints=constraints)
webrtc = ipywebrtc.AudioRecorder(stream=camera)
webrtc"""
LOOK_AT_THEIRS = (
    """\
from nsynth_edu.classroom import decode_recording
class recorder:
    waveform = decode_recording(webrtc.audio.value)
"""
    + LOOK
)


def write(course, name, *sources):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, course / name)
    return name


@pytest.fixture(scope="module")
def sheet():
    """The cells of problem set 5 in which a student records, by their names."""
    cells = {cell.id: cell.source for cell in nbformat.read(PS5, as_version=4).cells}
    cells["name"] = 'instrument = "steadytone"\nmy_set = Path("mine")'
    return {name: cells[name] for name in ("target", "name", "keep", "recorder", "recorder-keep")}


@pytest.fixture(scope="module")
def hearing(launch, tmp_path_factory):
    """A Chromium whose microphone hears a steady A3 at half of full scale."""
    path = tmp_path_factory.mktemp("microphone") / "a3.wav"
    tone = PEAK * np.sin(2 * np.pi * PITCH * np.arange(60 * RATE) / RATE)
    soundfile.write(path, tone, RATE, subtype="PCM_16")
    return launch("--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={path}")


@pytest.fixture(scope="module")
def lab(course, open_lesson, hearing):
    name = write(course, "recorder.ipynb", OURS)
    with open_lesson(name, browser=hearing, permissions=["microphone"]) as page:
        page.wait_for_selector(".recorder")
        yield page


def run(page, source):
    """Run one more cell in the page's kernel -> what it printed."""
    return page.evaluate(
        """(code) => new Promise((done) => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            let said = '';
            const future = kernel.requestExecute({code});
            future.onIOPub = ({content}) => { said += content.text ?? content.evalue ?? ''; };
            future.done.then(() => done(said));
        })""",
        source,
    )


def said(page, text):
    page.locator(".recorder .said", has_text=text).wait_for()


def test_what_the_microphone_hears_is_what_the_kernel_gets(lab, artifacts):
    recorder = lab.locator(".recorder")
    expect(recorder.locator(".task")).to_have_text("Play A3 (MIDI 57).")
    recorder.get_by_role("button", name="● Record").click()
    lab.locator(".recorder .count", has_text="left").wait_for()
    lab.wait_for_timeout(400)
    artifacts.mkdir(exist_ok=True)
    recorder.screenshot(path=artifacts / "recorder.png")
    said(lab, "It sounds like A3")
    assert "asked for" not in recorder.locator(".said").inner_text()
    heard = json.loads(run(lab, LOOK))
    assert heard["hertz"] == pytest.approx(PITCH, abs=1) and heard["dtype"] == "float32"
    assert 1.4 < heard["seconds"] < 1.8
    assert max(heard["peaks"]) / min(heard["peaks"]) < 1.05, "nothing turned the level"
    assert recorder.locator(".value").inner_text() == "off", "the microphone is handed back"
    expect(recorder.get_by_role("button", name="● Record again")).to_be_visible()
    recorder.get_by_role("button", name="▶ Play take").click()
    assert lab.complaints == [] and failures(lab) == []


def test_a_take_can_be_cut_short_and_made_again_by_keyboard(lab):
    lab.focus(".recorder .record")
    lab.keyboard.press("Enter")
    lab.locator(".recorder .count", has_text="left").wait_for()
    lab.wait_for_timeout(400)
    lab.keyboard.press("Enter")
    said(lab, "dBFS")
    assert json.loads(run(lab, LOOK))["seconds"] < 1.3
    lab.keyboard.press("Enter")
    lab.locator(".recorder .count", has_text="…").wait_for()
    lab.keyboard.press("Enter")  # thought better of it
    lab.get_by_role("button", name="● Record again").wait_for()
    assert json.loads(run(lab, LOOK))["seconds"] < 1.3, "the take before is kept"


def test_a_file_is_the_other_way(lab, tmp_path):
    path = tmp_path / "Ä tone.flac"
    tone = 0.25 * np.sin(2 * np.pi * 110 * np.arange(48_000) / 48_000)
    soundfile.write(path, np.stack([tone, tone], 1), 48_000)
    lab.set_input_files(".recorder input[type=file]", path)
    said(lab, "1 octave(s) below")
    text = lab.locator(".recorder .said").inner_text()
    assert "Ä tone.flac has 2 channels" in text and "48000 samples per second" in text
    assert json.loads(run(lab, LOOK))["hertz"] == pytest.approx(110, abs=1)
    broken = tmp_path / "notes.txt"
    broken.write_text("no sound")
    lab.set_input_files(".recorder input[type=file]", broken)
    said(lab, "notes.txt cannot be read as sound")
    assert json.loads(run(lab, LOOK))["hertz"] == pytest.approx(110, abs=1), "the take is kept"


def test_a_refused_microphone_is_a_sentence_and_the_sheet_goes_on(
    course, open_lesson, hearing, sheet, artifacts
):
    name = write(course, "refused.ipynb", *sheet.values())
    with open_lesson(name, browser=hearing) as page:
        page.get_by_role("button", name="● Record").click()
        said(page, "The microphone was refused. Allow it for this page")
        expect(page.get_by_role("button", name="● Record")).to_be_enabled()
        page.locator(".recorder").screenshot(path=artifacts / "recorder_refused.png")
        assert run(page, sheet["recorder-keep"]) == "" and failures(page) == []
    assert not (course / "mine").exists()


def test_what_problem_set_5_records_becomes_a_file_of_the_set(course, open_lesson, hearing, sheet):
    name = write(course, "ps5.ipynb", *sheet.values())
    with open_lesson(name, browser=hearing, permissions=["microphone"]) as page:
        page.get_by_role("button", name="● Record").click()
        said(page, "C1 was asked for:")
        assert "steadytone_24.wav" in run(page, sheet["recorder-keep"])
        assert page.complaints == [] and failures(page) == []
    kept, rate = soundfile.read(course / "mine" / "steadytone_24.wav")
    assert (len(kept), rate) == (64_000, 16_000)
    assert estimate_pitch(kept) == pytest.approx(57, abs=0.1)
    assert {each.kind for each in check_samples(course / "mine")} == {"missing"}


def test_ipywebrtc_is_a_second_way(course, open_lesson, hearing):
    name = write(course, "webrtc.ipynb", THEIRS)
    with open_lesson(name, browser=hearing, permissions=["microphone"]) as page:
        button = page.locator(".jp-OutputArea button").first
        button.wait_for()
        button.click()
        page.wait_for_timeout(2_000)
        button.click()
        end = time.monotonic() + 20
        while run(page, "print(len(webrtc.audio.value))").strip() in ("", "0"):
            assert time.monotonic() < end, "nothing arrived"
            page.wait_for_timeout(300)
        heard = json.loads(run(page, LOOK_AT_THEIRS))
        assert heard["hertz"] == pytest.approx(PITCH, abs=2)
        assert max(heard["peaks"]) / min(heard["peaks"]) < 1.3
