"""The command line: what each command writes, says and refuses, and with which exit code."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import exit_code
from models import small_autoencoder

from nsynth_edu import __version__
from nsynth_edu.generation import generate
from nsynth_edu.models import NSynthConfig, WaveNet
from nsynth_edu.models.checkpoint import load_model, save_model
from nsynth_edu.sound import load_audio, write_notes
from nsynth_edu.sound.files import atomic_write

ROOT = Path(__file__).parents[1]
CHECKPOINT = ROOT / "tests" / "data" / "nsynth_random_tiny.ckpt-0"
COMMANDS = [
    "lab", "morph", "follow", "play", "encode", "decode", "notes", "notes render", "notes gestures",
    "notes drums", "notes synthetic", "train", "evaluate", "judge", "bench", "import-magenta",
    "listening",
]  # fmt: skip


def small_model(**more):
    """An untrained autoencoder that generates 4 s in about a second."""
    model = small_autoencoder(**more)
    model.recommended_temperature = 0.2
    return model


def tone(hz, seconds, rate):
    """A note with four partials, loudest at its start."""
    time = np.arange(round(seconds * rate)) / rate
    partials = sum(np.sin(2 * np.pi * hz * n * time) / n for n in range(1, 5))
    return (0.3 * partials * np.exp(-time)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A place with two models and a few sounds; C4 is 261.63 Hz."""
    folder = tmp_path_factory.mktemp("cli")
    save_model(small_model(pitch_channels=4, phase_harmonics=2), folder / "told.safetensors")
    save_model(small_model(), folder / "untold.safetensors")
    short = tone(261.63, 1, 44100)
    soundfile.write(folder / "stereo.wav", np.stack([short, short], axis=1), 44100)
    soundfile.write(folder / "long.flac", tone(261.63, 5, 8000), 8000)
    soundfile.write(folder / "octave.wav", tone(523.25, 2, 16000), 16000)
    noise = np.random.default_rng(0).normal(0, 0.1, 32000)
    soundfile.write(folder / "noise.wav", noise, 16000)
    (folder / "words.wav").write_text("no sound at all")
    return folder


@pytest.fixture
def call(folder, monkeypatch, capsys):
    """Runs a command in the folder -> exit code, stdout, and the sentences on stderr."""
    monkeypatch.chdir(folder)

    def call(line):
        code = exit_code(line)
        out, err = capsys.readouterr()
        sentences = re.findall(r"nsynth-edu: (?!error: )(.*)", err)  # but argparse's
        return code, out, sentences

    return call


def run(*words, **more):
    command = [sys.executable, "-m", "nsynth_edu", *words]
    return subprocess.run(command, capture_output=True, text=True, **more)


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, call):
    code, out, _ = call(f"{command} --help")
    assert code == 0 and f"usage: nsynth-edu {command}" in out


def test_the_version_is_the_package_s():
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"nsynth-edu {__version__}\n")


@pytest.mark.parametrize("command", [[], ["morph"], ["train"]])
def test_help_imports_none_of_the_heavy_packages(command):
    code = f"""
import sys
from nsynth_edu.cli import main
try:
    main({[*command, "--help"]})
except SystemExit:
    print(*({{"torch", "numpy", "librosa", "jupyterlab", "tqdm"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n\n")


@pytest.mark.parametrize(
    "line",
    ["", "dance", "morph a.wav -o out.wav", "morph a.wav b.wav", "notes", "decode z.npz",
     "morph a.wav b.wav -o out.wav --mix 50", "morph a.wav b.wav -o out.wav --mix nan",
     "morph a.wav b.wav -o out.wav --pitch H4", "morph a.wav b.wav -o out.wav --seed -1",
     "decode z.npz -o out.wav --temperature -1", "decode z.npz -o out.wav --temperature inf",
     "encode a.wav -o z.npz --seconds 0", "lab --port 70000", "notes render -o notes --pitches C4",
     "notes render -o notes --held long"],
)  # fmt: skip
def test_wrong_usage_is_2_and_runs_nothing(line, call, folder):
    before = set(folder.iterdir())
    code, out, sentences = call(line)
    assert (code, out, sentences) == (2, "", [])
    assert set(folder.iterdir()) == before


def test_module_and_errors_work_as_a_program_without_a_traceback(folder):
    done = run("encode", "missing.wav", "-o", "z.npz", cwd=folder)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("nsynth-edu: there is no sound file missing.wav; ")
    assert done.stderr.count("\n") == 1


# --- sounds -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def morphed(folder):
    """Two recordings of different length, rate, format and channels, morphed by the program."""
    words = "morph stereo.wav long.flac -o hybrid.wav --model told.safetensors --mix 0.3"
    done = run(*words.split(), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "hybrid.wav", done


def test_a_morph_is_4_seconds_of_16_bit_mono_at_16_khz(morphed):
    path, done = morphed
    info = soundfile.info(path)
    assert (info.frames, info.samplerate, info.channels) == (64000, 16000, 1)
    assert (info.format, info.subtype) == ("WAV", "PCM_16")
    assert done.stdout == ""


def test_a_morph_says_its_repairs_its_pitch_its_time_and_its_real_time_factor(morphed):
    said = re.findall(r"nsynth-edu: (.*)", morphed[1].stderr)
    assert "stereo.wav has 2 channels; they are averaged to mono." in said
    assert "both sounds play C4 (--pitch names another)." in said
    spoken = re.match(
        r"pitch C4; 4\.00 s of sound in ([\d.]+) s: real-time factor ([\d.]+) ", said[-1]
    )
    took, factor = map(float, spoken.groups())
    assert factor == pytest.approx(took / 4, abs=0.01) and took > 0


def test_a_morph_carries_a_credit_line(morphed):
    with soundfile.SoundFile(morphed[0]) as file:
        assert file.comment == (
            "Morph of stereo.wav and long.flac, by the model told.safetensors of nsynth-edu."
        )


def test_a_morph_draws_a_progress_bar(morphed):
    assert re.search(r"\d+%.*\d+/125 ", morphed[1].stderr)


def test_a_morph_is_the_decoded_mix_of_the_two_encodings(morphed, folder, call):
    model = load_model(folder / "told.safetensors")
    for name, sound in (("a", "stereo.wav"), ("b", "long.flac")):
        assert call(f"encode {sound} -o {name}.npz --model told.safetensors")[0] == 0
    a, b = np.load(folder / "a.npz"), np.load(folder / "b.npz")
    z = 0.7 * a["z"] + 0.3 * b["z"]
    wanted = generate(model, z, pitch=float(a["pitch"]), temperature=0.2, seed=0)
    heard = load_audio(morphed[0])
    # equal to the last bit until rounding, of z here and there, tips one draw over a class edge
    assert np.abs(heard - wanted)[:4000].max() < 1e-4


def test_the_same_seed_morphs_to_the_same_file(morphed, folder, call):
    morph = "morph stereo.wav long.flac --model told.safetensors --mix 0.3"
    assert call(f"{morph} -o again.wav --seed 0")[0] == 0
    assert call(f"{morph} -o other.wav --seed 1")[0] == 0
    assert (folder / "again.wav").read_bytes() == morphed[0].read_bytes()
    assert (folder / "other.wav").read_bytes() != morphed[0].read_bytes()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("stereo.wav octave.wav", r"stereo.wav plays C4, octave.wav plays C5; the decoder plays "
                                  r"one pitch, that of stereo.wav \(--pitch names another\)"),
        ("noise.wav octave.wav", "noise.wav has no clear pitch; that of octave.wav is used"),
        ("noise.wav noise.wav", "neither noise.wav nor noise.wav has a clear pitch"),
        ("stereo.wav octave.wav --pitch Eb3", "pitch D#3; 4.00 s of sound"),
    ],
    ids=["octave", "one unknown", "both unknown", "named"],
)  # fmt: skip
def test_a_morph_says_which_pitch_it_plays_and_why(line, sentence, call):
    code, _, sentences = call(f"morph {line} -o pitched.wav --model told.safetensors")
    assert code == 0
    assert any(re.match(sentence, said) for said in sentences)


def test_encode_writes_numbers_pitch_and_their_units(folder, call):
    code, out, sentences = call("encode octave.wav -o octave.npz --model told.safetensors")
    assert (code, out, sentences[-1]) == (0, "", "125 frames of 16 numbers, pitch C5.")
    arrays = np.load(folder / "octave.npz", allow_pickle=False)
    assert arrays["z"].shape == (125, 16) and arrays["z"].dtype == np.float32
    assert arrays["pitch"] == pytest.approx(72, abs=0.1)
    assert (arrays["sample_rate"], arrays["hop_length"]) == (16000, 512)


def test_encode_writes_nan_for_an_unknown_pitch_and_the_named_one_if_named(folder, call):
    for option, pitch in (("", np.nan), ("--pitch A4", 69)):
        line = f"encode noise.wav -o noise.npz --model told.safetensors --seconds 0.5 {option}"
        assert call(line)[0] == 0
        arrays = np.load(folder / "noise.npz")
        assert arrays["z"].shape == (15, 16)
        np.testing.assert_equal(float(arrays["pitch"]), pitch)


@pytest.mark.parametrize(
    ("model", "option", "told"),
    [("told", "", "pitch C5;"), ("told", "--pitch 60.5", "pitch C4 +50 cents;"),
     ("untold", "", "pitch as z has it, for this model is not conditioned on pitch;")],
)  # fmt: skip
def test_decode_plays_z_at_its_pitch(model, option, told, folder, call):
    z = np.random.default_rng(0).normal(size=(4, 16)).astype(np.float32)
    np.savez(folder / "few.npz", z=z, pitch=72.0, sample_rate=16000, hop_length=512)
    code, _, sentences = call(f"decode few.npz -o few.wav --model {model}.safetensors {option}")
    assert code == 0 and sentences[-1].startswith(f"{told} 0.13 s of sound in ")
    pitch = {"": 72.0, "--pitch 60.5": 60.5}[option] if model == "told" else None
    decoder = load_model(folder / f"{model}.safetensors")
    wanted = generate(decoder, z, pitch=pitch, temperature=0.2, seed=0)
    np.testing.assert_allclose(load_audio(folder / "few.wav"), wanted, atol=1e-4)


def test_temperature_0_needs_no_seed(folder, call):
    z = np.zeros((2, 16), np.float32)
    np.savez(folder / "calm.npz", z=z, pitch=np.nan, sample_rate=16000, hop_length=512)
    for seed in (1, 2):
        line = f"decode calm.npz -o calm{seed}.wav --model told.safetensors --temperature 0"
        assert call(f"{line} --seed {seed}")[0] == 0
    assert (folder / "calm1.wav").read_bytes() == (folder / "calm2.wav").read_bytes()


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("morph missing.wav long.flac -o o.wav", "there is no sound file missing.wav"),
        ("morph stereo.wav words.wav -o o.wav", "words.wav cannot be read as sound"),
        ("morph stereo.wav long.flac -o none/o.wav", "there is no folder none for o.wav"),
        ("morph stereo.wav long.flac -o stereo.wav", "stereo.wav is also an input and would be"),
        ("morph stereo.wav long.flac -o ./long.flac", "long.flac would hold .wav data"),
        ("morph stereo.wav long.flac -o o.mp3", "o.mp3 would hold .wav data; choose a name"),
        ("morph stereo.wav long.flac -o .", ". is a folder; expected the name of a file"),
        ("morph stereo.wav long.flac -o o.wav --model huge", "there is no model 'huge'"),
        ("encode stereo.wav -o z.npz --model wavenet.safetensors", "wavenet.safetensors is a Wave"),
        ("decode missing.npz -o o.wav", "missing.npz does not exist; expected a file of"),
        ("decode words.wav -o o.wav", "words.wav is not an .npz file; expected a file of"),
        ("decode strange.npz -o o.wav", "z in strange.npz has shape (3,); expected one sound"),
        ("decode pickled.npz -o o.wav", "pickled.npz is damaged or holds something else"),
        ("decode batch.npz -o o.wav", "z in batch.npz has shape (2, 4, 16), as of 2 sounds;"),
        ("decode narrow.npz -o o.wav --model told.safetensors", "z has shape (4, 6); expected (fr"),
        ("decode hop.npz -o o.wav --model told.safetensors", "hop.npz has one frame per 256 sam"),
        ("decode long.npz -o o.wav", "z in long.npz has 200,000 frames of 512 samples, 6,400 s of"),
        ("decode e\x1b[1m\a.npz -o o.wav", r"e\x1b[1m\x07.npz does not exist; expected a file of"),
        ("notes render -o none/notes", "there is no folder none for notes; create it"),
        ("notes render -o words.wav", "words.wav is a file; expected the name of a folder"),
        ("notes render -o notes --soundfont none.sf2", "there is no SoundFont none.sf2"),
        ("notes gestures -o notes --soundfont none.sf2", "there is no SoundFont none.sf2"),
        ("notes drums -o notes --soundfont none.sf2", "there is no SoundFont none.sf2"),
        ("notes synthetic -o none/notes", "there is no folder none for notes"),
        ("train missing.toml", "missing.toml cannot be read (No such file or directory)"),
        ("import-magenta missing -o m.safetensors", "there is no checkpoint missing"),
        ("evaluate huge notes", "there is no model 'huge'"),
        ("evaluate told.safetensors none", "none holds no notes"),
        ("evaluate told.safetensors none --json none/s.json", "there is no folder none for s.json"),
        ("import-magenta missing -o m.ckpt", "m.ckpt would hold .safetensors data; choose"),
    ],
)  # fmt: skip
def test_bad_input_is_1_and_one_sentence_and_no_file(line, sentence, folder, call):
    save_model(WaveNet(small_model().config.decoder), folder / "wavenet.safetensors")
    units = {"pitch": 60.0, "sample_rate": 16000}
    np.savez(folder / "strange.npz", x=np.zeros(3))
    np.savez(folder / "pickled.npz", z=np.array([{}]), hop_length=512, **units)
    np.savez(folder / "batch.npz", z=np.zeros((2, 4, 16)), hop_length=512, **units)
    np.savez(folder / "narrow.npz", z=np.zeros((4, 6)), hop_length=512, **units)
    np.savez(folder / "long.npz", z=np.zeros((200_000, 16), "f2"), hop_length=512, **units)
    np.savez(folder / "hop.npz", z=np.zeros((4, 16)), hop_length=256, **units)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    code, out, sentences = call(line)
    assert (code, out) == (1, "")
    errors = [said for said in sentences if not said.endswith(("to mono.", "to 16000."))]
    assert len(errors) == 1 and errors[0].startswith(sentence)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_an_input_is_protected_under_any_of_its_names(folder, call):
    (folder / "link.wav").symlink_to("stereo.wav")
    code, _, sentences = call("morph stereo.wav long.flac -o link.wav")
    assert code == 1 and sentences[-1].startswith("link.wav is also an input")


def test_a_file_half_written_never_takes_the_name(tmp_path):
    target = tmp_path / "z.npz"
    target.write_text("old")
    with pytest.raises(RuntimeError), atomic_write(target) as path:
        path.write_text("half")
        raise RuntimeError
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("z.npz", "old")]


def test_a_stopped_command_says_so_and_leaves_nothing_behind(folder, tmp_path):
    z = np.zeros((1000, 16), np.float32)
    np.savez(tmp_path / "long.npz", z=z, pitch=60.0, sample_rate=16000, hop_length=512)
    words = f"decode long.npz -o o.wav --model {folder}/told.safetensors"
    command = [sys.executable, "-m", "nsynth_edu", *words.split()]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        # a runner in the background may have taught its children to ignore it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as running:  # fmt: skip
        said = ""
        while not re.search(r"[1-9]\d*/1000", said):
            said += running.stderr.read(1)
            assert running.poll() is None, said
        running.send_signal(signal.SIGINT)
        said += running.stderr.read()
    assert running.returncode == 130
    assert said.endswith("nsynth-edu: stopped.\n") and "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["long.npz"]


# --- notes, models ----------------------------------------------------------------------------


def test_notes_render_makes_a_data_set(tmp_path, call, require):
    font = require("soundfont")
    require("libfluidsynth")
    line = f"notes render -o {tmp_path}/notes --soundfont {font} --programs vibraphone,0"
    code, out, _ = call(f"{line} --pitches 60-61 --velocities 90 --held 0.5 --release 0.5")
    assert (code, out) == (0, f"4 notes in {tmp_path}/notes\n")
    records = json.loads((tmp_path / "notes" / "examples.json").read_text())
    assert {(r["pitch"], r["velocity"]) for r in records.values()} == {(60, 90), (61, 90)}
    assert {r["instrument_str"] for r in records.values()} == {
        "mallet_acoustic_011", "keyboard_acoustic_000",
    }  # fmt: skip


def test_notes_that_move_and_notes_without_a_pitch_are_data_sets_too(tmp_path, call, require):
    font = require("soundfont")
    require("libfluidsynth")
    line = f"notes gestures -o {tmp_path}/moving --soundfont {font} --programs flute --takes 1"
    assert call(line)[:2] == (0, f"1 note in {tmp_path}/moving\n")
    line = f"notes synthetic -o {tmp_path}/voices --voices 2 --noises 1 --seed 5"
    assert call(line)[:2] == (0, f"3 notes in {tmp_path}/voices\n")
    contours = [
        record["contour"]
        for folder in ("moving", "voices")
        for record in json.loads((tmp_path / folder / "examples.json").read_text()).values()
    ]
    assert {len(contour) for contour in contours} == {125}


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notes")
    write_notes(folder, [
        {"waveform": tone(261.63, 4, 16000), "pitch": 60, "velocity": 90,
         "instrument_str": "mallet_acoustic_011"},
    ])  # fmt: skip
    return folder


def test_train_makes_a_model_and_never_overwrites_a_run_unasked(notes, tmp_path, call):
    config = tmp_path / "config.toml"
    config.write_text(
        f'notes = "{notes}"\noutput = "{tmp_path}/run"\nsteps = 1\nbatch = 1\ncrop = 512\n'
        'fabric = {accelerator = "cpu"}\n'
    )
    code, out, _ = call(f"train {config}")
    assert (code, out) == (0, f"{tmp_path}/run/model.safetensors\n")
    model = load_model(tmp_path / "run" / "model.safetensors")
    assert model.config == NSynthConfig.pocket() and model.recommended_temperature == 0.5
    code, _, sentences = call(f"train {config}")
    assert code == 1 and "already holds a run; pass --resume" in sentences[-1]
    assert call(f"train {config} --resume")[0] == 0


def test_evaluate_prints_a_table_and_writes_the_same_scores(notes, folder, call):
    code, out, _ = call(f"evaluate told.safetensors {notes} --json scores.json")
    scores = json.loads((folder / "scores.json").read_text())
    assert code == 0
    assert f"{scores['instruments']['bits']:.2f} |" in out
    assert re.search(r"^\| notes \| 1 \|$", out, flags=re.MULTILINE)


def test_evaluate_knows_what_the_model_was_trained_on(notes, folder, call):
    training = {"training": {"notes": "elsewhere", "output": "elsewhere"}}
    save_model(load_model(folder / "told.safetensors"), folder / "trained.safetensors", training)
    code, out, _ = call(f"evaluate trained.safetensors {notes}")
    assert code == 0 and out.startswith("| score | trained notes |\n")
    code, out, _ = call(f"evaluate trained.safetensors {notes} --held-out --count 1")
    assert code == 0 and out.startswith("| score | held-out instrument |\n")


def test_import_magenta_makes_a_model_file(tmp_path, call):
    model = tmp_path / "magenta.safetensors"
    code, _, sentences = call(f"import-magenta {CHECKPOINT} -o {model}")
    assert code == 0 and sentences[-1].endswith("receptive field 6,141 samples.")
    assert load_model(model).config.bottleneck_channels == 6


def test_averaged_weights_that_are_not_there_are_said(tmp_path, call):
    code, _, sentences = call(f"import-magenta {CHECKPOINT} -o {tmp_path}/m.safetensors --ema")
    assert code == 1 and "holds no averaged weights" in sentences[-1]
    assert list(tmp_path.iterdir()) == []
