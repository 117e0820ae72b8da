"""How fast each engine is on this machine, next to the plain one.

All engines take turns in one run on one pinned core; medians of the rounds are compared, so what
else the machine does hits all of them alike. A rate is samples per second of this thread's own
processor time; `quiet` says how much of the wall time that was.
"""

import os
import platform
import statistics
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numba import njit

from nsynth_edu.generation import batch, reference, stream
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder, load_model
from nsynth_edu.models.threads import one_thread
from nsynth_edu.sound import SAMPLE_RATE

GEMM = 1024  # rows, columns and depth of the matrix product that stands for the machine's best
PITCH = 52.0  # E3
COLUMNS = (
    "engine", "preset", "dtype", "voices", "samples_per_second", "times_real_time",
    "ratio_to_reference", "max_logit_error", "operations_per_byte", "operations_per_second",
    "share_of_limit", "limit", "quiet",
)  # fmt: skip


@dataclass(eq=False)
class Contender:
    """One engine with one model: `play()` makes `samples` samples over all voices."""

    engine: str
    preset: str
    dtype: str
    voices: int
    samples: int
    play: object
    error: float  # largest error of a logit / largest logit, against the layers that train
    operations: int  # multiplications and additions per sample and voice
    bytes_read: int  # of weights, per sample of all voices
    rounds: list = field(default_factory=list)  # (processor seconds, wall seconds)

    def take_turn(self):
        """Play once and note the time."""
        wall, own = time.perf_counter(), time.thread_time()
        self.play()
        self.rounds.append((time.thread_time() - own, time.perf_counter() - wall))


def run(quick=False, progress=None):
    """Measure all engines side by side.

    Args:
        quick: fewer rounds, fewer voices.
        progress: called as progress(turns_done, turns), or None.

    Returns:
        dict: "machine" (names and versions), "limits" (GFLOP/s, GB/s at some footprints) and
        "rows", a list of dicts with the keys `COLUMNS`.
    """
    rounds = 2 if quick else 7
    with one_core(), torch.inference_mode():
        contenders = [*pocket(quick), *published(quick)]
        for contender in contenders:  # compile, touch all memory
            contender.play()
        footprints = sorted({c.bytes_read for c in contenders})
        limits = {"gemm": {}, "read": {size: [] for size in footprints}}
        for turn in range(rounds):
            for dtype in (torch.float32, torch.bfloat16):
                limits["gemm"].setdefault(str(dtype)[6:], []).append(gemm_rate(dtype))
            for size in footprints:
                limits["read"][size].append(read_rate(size))
            for place, contender in enumerate(contenders):
                contender.take_turn()
                if progress is not None:
                    progress(turn * len(contenders) + place + 1, rounds * len(contenders))
    limits = {
        kind: {name: statistics.median(rates) for name, rates in values.items()}
        for kind, values in limits.items()
    }
    return {"machine": machine(), "limits": limits, "rows": rows(contenders, limits)}


def rows(contenders, limits):
    """One dict per contender, with `COLUMNS` as keys."""
    rates, result = {}, []
    for c in contenders:
        rates[c] = statistics.median(c.samples / own for own, _ in c.rounds)
        plain = rates[next(x for x in rates if (x.engine, x.preset) == ("reference", c.preset))]
        per_byte = c.operations * c.voices / c.bytes_read
        limit, name = per_byte * limits["read"][c.bytes_read], "reading the weights"
        if limits["gemm"].get(c.dtype, limit) < limit:
            limit, name = limits["gemm"][c.dtype], "matrix product"
        reached = rates[c] * c.operations
        quiet = statistics.median(own / wall for own, wall in c.rounds)
        values = (
            c.engine, c.preset, c.dtype, c.voices, rates[c], rates[c] / SAMPLE_RATE,
            rates[c] / plain, c.error, per_byte, reached, reached / limit, name, quiet,
        )  # fmt: skip
        result.append(dict(zip(COLUMNS, values, strict=True)))
    return result


def pocket(quick):
    """The shipped model with one voice: the plain engine and the compiled one, all weights."""
    model = load_model("pocket")
    time_axis = np.arange(4 * 512) / SAMPLE_RATE
    wave = 0.5 * np.sin(2 * np.pi * 164.81 * time_axis) ** 3
    z = model.encode(wave.astype(np.float32))
    classes = model.classes(torch.from_numpy(wave.astype(np.float32))[None]).numpy()
    uniforms = torch.rand(1, 512, generator=torch.Generator().manual_seed(0))
    given = model.conditioning(torch.from_numpy(z[None, :1]), PITCH)
    yield Contender(
        "reference", "pocket", "float32", 1, 512,
        lambda: reference.run(model.decoder, given, uniforms, 1.0), 0.0, *work(model),
    )  # fmt: skip
    for dtype in stream.DTYPES:
        yield one_voice(model, "pocket", z, classes, PITCH, dtype, samples=2048)
    if not quick:
        yield many_voices(model, "pocket", 256, steps=32)


def published(quick):
    """The published shape with random weights: one voice with and without look-ahead, many."""
    torch.manual_seed(0)
    # a frame of 64 samples, so that a turn of the plain engine lasts about a second
    model = WaveNetAutoencoder(replace(NSynthConfig.nsynth(), hop_length=64)).eval()
    torch.nn.init.normal_(model.decoder.logits.weight, std=0.1)
    z = np.random.default_rng(0).standard_normal((1, 16)).astype(np.float32)
    classes = np.random.default_rng(1).integers(0, 256, (1, 64))
    uniforms = torch.rand(1, 64)
    given = model.conditioning(torch.from_numpy(z)[None])
    yield Contender(
        "reference", "nsynth", "float32", 1, 64,
        lambda: reference.run(model.decoder, given, uniforms, 1.0), 0.0, *work(model),
    )  # fmt: skip
    for dtype, ahead in [("float32", 1), ("float32", 16), ("int16", 16), ("int8", 16)]:
        yield one_voice(model, "nsynth", z, classes, None, dtype, samples=64, ahead=ahead)
    for voices in (32,) if quick else (32, 256):
        yield many_voices(model, "nsynth", voices, steps=4)


def one_voice(model, preset, z, classes, pitch, dtype, samples, ahead=stream.AHEAD):
    """The compiled engine with one voice, `samples` at a time."""
    voice = stream.Voice(stream.Weights(model.decoder, dtype), ahead)
    hops = -(-samples // model.config.hop_length)
    given = model.conditioning(torch.from_numpy(z[None, :1]).expand(-1, hops, -1), pitch)
    biases, _ = stream.frame_inputs(voice.weights, given, 0)
    clock = stream.one_voice(given, 0, samples)
    inputs = biases, clock, np.random.default_rng(2).random(samples, np.float32), 1.0
    name = "stream" if ahead > 1 else "stream, no look-ahead"
    return Contender(
        name, preset, dtype, 1, samples, lambda: voice.run(*inputs),
        logit_error(model, z, classes, pitch, dtype), work(model)[0], voice.weights.nbytes,
    )  # fmt: skip


def work(model):
    """Operations per sample of the decoder, and bytes of its float32 weights that are read."""
    decoder = model.decoder
    per_frame = [*(layer.condition for layer in decoder.layers), decoder.out_condition]
    skipped = sum(module.weight.numel() for module in per_frame if module is not None)
    weights = sum(w.numel() for w in decoder.parameters() if w.dim() > 1) - skipped
    return 2 * weights, 4 * weights


def many_voices(model, preset, count, steps):
    """The batch engine, `steps` samples of `count` voices at a time."""
    weights = batch.BatchWeights(model.decoder)
    voices = batch.Voices(weights, count)
    z = torch.randn(count, 1, 16, generator=torch.Generator().manual_seed(0))
    pitch = PITCH if model.config.pitch_conditioned else None
    voices.set_frame(model.conditioning(z, pitch), 0, torch.rand(count, model.config.hop_length))
    got = voices.step()  # of the first sample: the past is silent
    true = model.logits(torch.zeros(count, 1), z, pitch)[..., 0]

    def play():
        for _ in range(steps):
            voices.step()

    name = str(weights.dtype).removeprefix("torch.")
    error = float((got - true).abs().max() / true.abs().max())
    operations, size = work(model)
    size = size // 4 * weights.dtype.itemsize
    samples = steps * count
    return Contender("batch", preset, name, count, samples, play, error, operations, size)


@torch.inference_mode()
def logit_error(model, z, classes, pitch, dtype):
    """Largest error of a logit after a given past, as a share of the largest logit."""
    z = torch.from_numpy(z)[None]
    got = stream.run(
        model.decoder, model.conditioning(z, pitch), torch.zeros(classes.shape), 1.0, dtype=dtype,
        forced=np.asarray(classes, np.int64),
    )  # fmt: skip
    history = (torch.as_tensor(classes, dtype=torch.float32)[:, None] - 128) / 128
    true = model.logits(None, z, pitch, history=history).transpose(1, 2)
    return float((got - true).abs().max() / true.abs().max())


def gemm_rate(dtype):
    """FLOP/s of torch's square matrix product on this thread."""
    a, b = torch.ones(2, GEMM, GEMM, dtype=dtype)
    a @ b
    start = time.thread_time()
    a @ b
    return 2 * GEMM**3 / (time.thread_time() - start)


def read_rate(size):
    """Bytes per second when `size` bytes are read again and again."""
    numbers = np.ones(size // 4, np.float32)
    turns = max(2, int(1e8) // size)
    _read(numbers, 1)
    start = time.thread_time()
    _read(numbers, turns)
    return turns * size / (time.thread_time() - start)


@njit(fastmath=True, nogil=True, cache=True)
def _read(numbers, turns):
    total = np.float32(0)
    for turn in range(turns):
        for i in range(numbers.size):
            total += numbers[i] + np.float32(turn)
    return total


@contextmanager
def one_core():
    """Keep this thread on the core it is on, and torch on this thread."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    try:
        if cores:
            os.sched_setaffinity(0, {max(cores)})
        with one_thread():
            yield
    finally:
        if cores:
            os.sched_setaffinity(0, cores)


def machine():
    """What was measured, in words."""
    import numba

    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "vectors": torch.backends.cpu.get_cpu_capability(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numba": numba.__version__,
    }


def table(result):
    """The result in Markdown: machine, limits, rows."""
    machine, limits = result["machine"], result["limits"]
    lines = [
        f"{machine['processor']}, one core of {machine['cores']}, vectors {machine['vectors']}, "
        f"torch {machine['torch']}, numba {machine['numba']}",
        "",
        "matrix product: "
        + ", ".join(f"{name} {rate / 1e9:.0f} GFLOP/s" for name, rate in limits["gemm"].items()),
        "reading: "
        + ", ".join(
            f"{size / 2**20:.1f} MiB at {rate / 1e9:.0f} GB/s"
            for size, rate in limits["read"].items()
        ),
        "",
        "| engine | model | weights | voices | samples/s | x real time | x reference "
        "| logit error | of the limit |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in result["rows"]:
        lines.append(
            f"| {row['engine']} | {row['preset']} | {row['dtype']} | {row['voices']} "
            f"| {row['samples_per_second']:,.0f} | {row['times_real_time']:.2f} "
            f"| {row['ratio_to_reference']:.1f} | {row['max_logit_error']:.0e} "
            f"| {row['share_of_limit']:.0%} {row['limit']} |"
        )
    for row in result["rows"]:
        if "sounds_per_minute" in row:
            lines += [
                "",
                f"A group job makes {row['sounds_per_minute']:.1f} sounds of 4 s a minute with one "
                f"worker, which takes {row['seconds_once']:.1f} s to start and to end. It spends "
                f"{row['outside_generation']:.1%} of its time outside of generation; of a whole "
                f"group's time that would be {row['outside_generation_of_567']:.1%}.",
            ]
    quiet = min(row["quiet"] for row in result["rows"])
    if quiet < 0.9:
        lines += ["", f"The core was shared: this run had {quiet:.0%} of it at the worst."]
    return "\n".join(lines)
