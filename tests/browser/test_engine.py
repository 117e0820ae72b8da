"""The page's own engine, in a real Chromium, held to the Python engine."""

import base64

import numpy as np
import pytest
from scipy.signal import lfilter

from nsynth_edu import Stream, load_model, load_note
from nsynth_edu.generation.page_weights import page_weights
from nsynth_edu.generation.postfilter import Postfilter
from nsynth_edu.page import bundle
from nsynth_edu.page.bundle import STATIC
from nsynth_edu.sound import mu_law_decode, mu_law_encode

HOP, FRAMES = 512, 16
EXACT = "exact"
PROLOGUE = """
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);
function text(array) { // base64
  const all = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let letters = "";
  for (let i = 0; i < all.length; i += 8192) {
    letters += String.fromCharCode(...all.subarray(i, i + 8192));
  }
  return btoa(letters);
}
"""
MAKE = """
async ({ kind, z, pitches, uniforms, forced, temperature, keepLogits }) => {
  const voice = await it.voice(kind);
  voice.temperature = temperature;
  const [zs, draws, given] = [z, uniforms, forced].map(it.floats);
  const classes = new Float32Array(draws.length);
  const logits = keepLogits && new Float32Array(256 * draws.length);
  pitches.forEach((midi, frame) => {
    const at = 512 * frame;
    if (midi !== voice.pitch) voice.pitch = midi;
    voice.condition(zs.subarray(16 * frame, 16 * frame + 16));
    voice.uniforms.set(draws.subarray(at, at + 512));
    voice.forced.set(given.subarray(at, at + 512));
    voice.run(512, { force: true, keepLogits });
    classes.set(voice.classes, at);
    if (keepLogits) logits.set(voice.logits, 256 * at);
  });
  return it.text(keepLogits ? logits : classes);
}"""


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array)).decode()


def decoded(text):
    return np.frombuffer(base64.b64decode(text), np.float32)


@pytest.fixture(scope="module")
def model():
    return load_model("pocket")


@pytest.fixture(scope="module")
def note():
    return load_note("notes/trumpet_60")[: FRAMES * HOP]


@pytest.fixture(scope="module")
def run(browser, model, request):
    """`run(function, argument)` calls JavaScript that sees the engine as `it`."""
    exact_wasm = request.path.parents[1] / "data" / "decoder_exact.wasm"
    files = {
        "shipped": [(STATIC / "decoder.wasm").read_bytes(), page_weights(model, "pocket")],
        EXACT: [exact_wasm.read_bytes(), page_weights(model, "pocket", exact=True)],
    }
    texts = {
        kind: [base64.b64encode(part).decode() for part in pair] for kind, pair in files.items()
    }
    page = browser.new_page()
    page.evaluate(
        """async ([script, files]) => {
            const it = await import(`data:text/javascript,${encodeURIComponent(script)}`);
            const voice = async (kind) => {
                const [wasm, weights] = files[kind].map(it.bytes);
                return new it.Voice(await WebAssembly.compile(wasm), weights);
            };
            window.it = { ...it, voice };
        }""",
        [
            bundle("engine.js")
            + PROLOGUE
            + "export { Voice, Postfilter, muLawDecode, bytes, floats, text };",
            texts,
        ],
    )
    yield page.evaluate
    page.close()


def python_engine(stream, z, pitches, forced=None, keep_logits=False):
    """Frames of a Stream without its postfilter: uniforms, and classes or logits."""
    uniforms, classes = [], []
    logits = np.zeros((len(z) * HOP if keep_logits else 0, 256), np.float32)
    for frame, (each, midi) in enumerate(zip(z, pitches, strict=True)):
        part = slice(HOP * frame, HOP * (frame + 1))
        stream.pitch = midi
        draws = stream.random.random(HOP, np.float32)
        if stream.sampling == "mean":
            draws[:] = -1
        biases = stream.voice.weights.biases(stream._condition(each))
        given = () if forced is None else (forced[part], logits[part])
        clock = stream.clock.advance(HOP)
        classes.append(stream.voice.run(biases, clock, draws, stream.temperature, *given))
        uniforms.append(draws)
    return np.concatenate(uniforms), logits if keep_logits else np.concatenate(classes)


def argument(kind, z, pitches, uniforms, forced, temperature, keep_logits=False):
    return {
        "kind": kind, "z": encoded(z), "pitches": pitches, "uniforms": encoded(uniforms),
        "forced": encoded(forced.astype(np.float32)), "temperature": temperature,
        "keepLogits": keep_logits,
    }  # fmt: skip


@pytest.mark.parametrize("sampling", ["random", "mean"])
def test_the_exact_engine_chooses_what_python_chooses_as_the_pitch_glides(
    run, model, note, sampling
):
    z, pitches = model.encode(note), [60.0] * 6 + [None] * 4 + [62.5] * 3 + [58.0] * 3
    stream = Stream(model, 60.0, temperature=0.7, seed=1, dtype="float32", sampling=sampling)
    uniforms, classes = python_engine(stream, z, pitches)
    made = decoded(run(MAKE, argument(EXACT, z, pitches, uniforms, classes, 0.7)))
    assert len(set(classes)) > 20
    assert np.mean(np.abs(made - classes) < 0.01) >= 0.999


def test_the_shipped_engine_predicts_nearly_what_python_predicts(run, model, note):
    z, pitches, true = model.encode(note), [60.0] * FRAMES, mu_law_encode(note)
    stream = Stream(model, 60.0, seed=1, dtype="float32")
    uniforms, logits = python_engine(stream, z, pitches, true.astype(np.float32), keep_logits=True)
    made = decoded(run(MAKE, argument("shipped", z, pitches, uniforms, true, 1.0, True)))
    expected, found = (log_softmax(x.reshape(-1, 256)) for x in (logits, made))
    divergence = (np.exp(expected) * (expected - found)).sum(1).mean() / np.log(2)
    assert 0 < divergence <= 3e-3  # bits per sample


def log_softmax(logits):
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def test_pushed_frames_are_the_stream_s_from_z_to_the_loudspeaker(run, model, note):
    z, pitches = model.encode(note)[:4], [60.0, 60.0, 63.0, 63.0]
    stream = Stream(model, 60.0, dtype="float32", sampling="mean")
    expected = []
    for each, midi in zip(z, pitches, strict=True):
        stream.pitch = midi
        expected.append(stream.push(each))
    made = decoded(run(
        """async ({ z, pitches }) => {
            const sound = new Float32Array(512 * pitches.length);
            const voice = await it.voice("exact");
            voice.sampling = "mean";
            pitches.forEach((midi, frame) => {
                voice.pitch = midi;
                const each = it.floats(z).subarray(16 * frame, 16 * frame + 16);
                sound.set(voice.push(each), 512 * frame);
            });
            return it.text(sound);
        }""",
        {"z": encoded(z), "pitches": pitches},
    ))  # fmt: skip
    expected = np.concatenate(expected)
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(made, expected, atol=2e-3)


def test_the_postfilter_is_python_s_for_pieces_of_any_length(run, model, note):
    noisy = note + np.random.default_rng(0).normal(0, 0.01, len(note)).astype(np.float32)
    lengths, z = [512, 128, 128, 512, 512, 1024], model.encode(note)
    pitched = [True, True, True, False, True, True]
    pieces = np.split(noisy[: sum(lengths)], np.cumsum(lengths)[:-1])
    own = Postfilter(model.level_map)
    expected = [own.filter(*each) for each in zip(pieces, z, pitched, strict=False)]
    made = decoded(run(
        """({ pieces, z, pitched, map }) => {
            const [own, zs] = [new it.Postfilter(map), it.floats(z)];
            const parts = pieces.map((piece, i) =>
                own.filter(it.floats(piece), zs.subarray(16 * i, 16 * i + 16), pitched[i]));
            return it.text(Float32Array.from(parts.flatMap((part) => [...part])));
        }""",
        {
            "pieces": [encoded(piece) for piece in pieces], "z": encoded(z), "pitched": pitched,
            "map": np.asarray(model.level_map).tolist(),
        },
    ))  # fmt: skip
    assert np.abs(np.concatenate(expected) - noisy[: sum(lengths)]).max() > 0.01
    np.testing.assert_allclose(made, np.concatenate(expected), atol=2e-7)


def test_pre_emphasis_is_undone_after_decoding(run, model, note):
    z = model.encode(note)[5]
    made = [decoded(run(
        """async ([z, share]) => {
            const voice = await it.voice("exact");
            Object.assign(voice, { postfilter: null, sampling: "mean", pitch: 60 });
            voice.about.preemphasis = share;
            return it.text(voice.push(it.floats(z)));
        }""",
        [encoded(z), share],
    )) for share in (0, 0.85)]  # fmt: skip
    assert np.abs(made[0]).max() > 0.01
    np.testing.assert_allclose(made[1], lfilter([1], [1, -0.85], made[0]), atol=1e-6)


def test_classes_decode_as_in_python(run):
    classes = np.linspace(0, 255, 2041, dtype=np.float32)
    script = "(text) => it.text(it.floats(text).map(it.muLawDecode))"
    np.testing.assert_allclose(
        decoded(run(script, encoded(classes))), mu_law_decode(classes), atol=1e-6
    )
