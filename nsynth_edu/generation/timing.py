"""How long things take: a step of the plain layers, each engine, and a loudspeaker's gaps.

Notebook: course/09.
"""

import time

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from nsynth_edu.generation import bench
from nsynth_edu.generation.reference import at
from nsynth_edu.sound import SAMPLE_RATE


def best_time(function, repeats=5):
    """How long a call takes at best: the quickest of some repetitions, in s.

    Whatever else the machine does can only make it longer.

    Notebook: course/09.
    """
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return min(taken)


@torch.inference_mode()
def plain_step(model, z_frame, pitch=None, voices=1):
    """One step of the plain layers, ready to be called: queues, conditioning and clock are there.

    Args:
        model: WaveNetAutoencoder. z_frame: (16,). pitch: MIDI number or None.
        voices: how many step together.

    Notebook: course/09.
    """
    decoder = model.decoder
    z = torch.as_tensor(np.asarray(z_frame, np.float32)).expand(voices, 1, -1)
    given = model.conditioning(z, pitch)
    biases, queues = decoder.project(given.frame(0)), decoder.queues(voices)
    sample = torch.zeros(voices, 1)
    waves, lags = (at(read(0, 1), 0) for read in (given.waves, given.lags))
    return torch.inference_mode()(lambda: decoder.step(sample, biases, queues, waves, lags))


class _Calls(TorchFunctionMode):
    def __init__(self):
        self.count = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.count += getattr(function, "__name__", "") != "__get__"  # no mere look-up
        return function(*args, **(kwargs or {}))


def count_calls(function):
    """How many times a function calls torch."""
    with _Calls() as calls:
        function()
    return calls.count


def measure_engines(engines, sizes=()):
    """Each engine once to warm up and once timed, and what the machine allows.

    Args:
        engines: `generation.bench.Contender`, the plain one first.
        sizes: bytes of further memory whose reading is timed.

    Returns:
        dict with "limits" and "rows" as `generation.bench.run` returns them.

    Notebook: course/09.
    """
    with bench.one_core(), torch.inference_mode():
        engines = list(engines)
        for engine in engines:
            engine.play()
            engine.take_turn()
        reading = {*sizes, *(engine.bytes_read for engine in engines)}
        limits = {
            "gemm": {"float32": bench.gemm_rate(torch.float32)},
            "read": {size: bench.read_rate(size) for size in sorted(reading)},
        }
    return {"limits": limits, "rows": bench.rows(engines, limits)}


def count_gaps(durations, ahead, frame=512 / SAMPLE_RATE):
    """How often a loudspeaker runs dry that is fed a frame at a time.

    Args:
        durations: (frames,) s, how long each frame took to make.
        ahead: s of sound in store at the start; no more is made ahead than this.
        frame: s of sound in each.

    Notebook: course/09.
    """
    now, end, gaps = 0.0, ahead, 0
    for duration in durations:
        now = max(now, end - ahead) + duration
        if now > end:
            gaps, end = gaps + 1, now
        end += frame
    return gaps
