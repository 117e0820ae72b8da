"""Many voices at once: every weight that is read serves all of them.

One step makes one sample of each voice with ordinary torch operations on memory that stays where
it is. On a CPU groups of voices run side by side, one thread each; on a GPU a few steps are
recorded once (a CUDA graph) and replayed, so that Python no longer takes part.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import psutil
import torch

from nsynth_edu.generation.matrices import Matrices, clock_inputs
from nsynth_edu.generation.reference import choose
from nsynth_edu.models.pitch_clock import Periods
from nsynth_edu.models.precision import fast_dtype
from nsynth_edu.sound.companding import mu_law_decode

MOST_VOICES = 256  # of one group on a CPU: more hardly gain, and each takes memory
SHARE_OF_MEMORY = 0.5  # of what is free, for the voices' queues
RECORDED = 8  # steps in a CUDA graph; divides the hop


class BatchWeights:
    """A decoder's matrices as tensors on a device.

    Args:
        decoder: WaveNet.
        dtype: torch.float32 or torch.bfloat16; by default what `fast_dtype` says.
    """

    def __init__(self, decoder, dtype=None):
        self.config, self.device = decoder.config, decoder.device
        self.dtype = dtype = dtype or fast_dtype(decoder.device)
        for name, value in vars(Matrices.of(decoder)).items():
            setattr(self, name, torch.from_numpy(value).to(decoder.device, dtype))

    def biases(self, condition):
        """Biases of one frame, the layers' own included.

        Args:
            condition: (V, C), or None.

        Returns:
            (L, V, 2R) for the layers and (V, S) before the logits; V is 1 for None.
        """
        if condition is None:
            return self.dilated_bias[:, None], self.out_bias[None]
        layers, width = self.dilated_bias.shape
        added = condition.to(self.dtype) @ self.condition
        added, out = added[:, : layers * width], added[:, layers * width :]
        added = added.unflatten(1, (layers, width)).transpose(0, 1)
        return (added + self.dilated_bias[:, None]).contiguous(), out + self.out_bias


class Voices:
    """Several decoders at work on one device: queues, newest samples, conditioning. All in place.

    Args:
        weights: BatchWeights. count: voices. temperature: see `generate`.
    """

    def __init__(self, weights, count, temperature=1.0):
        self.weights, self.temperature = weights, temperature
        config, device, dtype = weights.config, weights.device, weights.dtype
        hop = config.hop_length
        width, skip = config.residual_channels, config.skip_channels

        def zeros(*shape, dtype=dtype):
            return torch.zeros(shape, dtype=dtype, device=device)

        self.samples_made = zeros(1, dtype=torch.int64)
        self.queues = [  # (slots, V, R)
            zeros((config.kernel_size - 1) * dilation, count, width)
            for dilation in config.dilations
        ]
        self.recent = zeros(count, config.first_kernel_size, dtype=torch.float32)
        self.memory = zeros(Periods.MEMORY, count, dtype=torch.float32)
        self.tapped = zeros(count, Periods.SIDES, config.period_taps, dtype=torch.float32)
        # what a frame brings
        self.layer_bias = zeros(config.layers, count, 2 * width)
        self.out_bias = zeros(count, skip)
        self.waves = zeros(hop, count, config.phase_channels, dtype=torch.float32)
        self.delays = zeros(hop, 4, count, config.period_taps, dtype=torch.int64)
        self.shares = zeros(hop, 4, count, config.period_taps, dtype=torch.float32)
        self.uniforms = zeros(hop, count, dtype=torch.float32)
        self.classes = zeros(hop, count, dtype=torch.float32)

    def set_frame(self, conditioning, frame, uniforms):
        """Put in place what the next hop of samples needs.

        Args:
            conditioning: Conditioning of these voices. frame: its number.
            uniforms: (count, hop), see `reference.run`.
        """
        layer_bias, out_bias = self.weights.biases(conditioning.frame(frame))
        self.layer_bias.copy_(layer_bias)
        self.out_bias.copy_(out_bias)
        hop = len(self.waves)
        inputs = clock_inputs(conditioning, frame * hop, hop, self.weights.device)
        for kept, new in zip((self.waves, self.delays, self.shares), inputs, strict=True):
            kept.copy_(new)
        self.uniforms.copy_(uniforms.T)

    def step(self, voices=None):
        """Make the next sample of the first `voices` (None = all).

        Returns:
            logits (voices, classes).
        """
        w, config, made = self.weights, self.weights.config, self.samples_made
        n = slice(voices)
        now = made % len(self.waves)
        recent = self.recent[n]
        inputs = [recent, self.waves.index_select(0, now)[0, n]]
        if config.period_taps:
            inputs.append(self.read_periods(n, now))
        x = torch.addmm(w.start, torch.cat(inputs, 1).to(w.dtype), w.first)  # (V, R)
        skip = torch.addmm(w.skip_start_bias, x, w.skip_start)
        width = x.shape[1]
        for layer, (dilation, queue) in enumerate(zip(config.dilations, self.queues, strict=True)):
            y = torch.addmm(self.layer_bias[layer, n], x, w.dilated[layer, -1])
            for tap in range(config.kernel_size - 1):
                slot = (made + tap * dilation) % len(queue)
                y.addmm_(queue.index_select(0, slot)[0, n], w.dilated[layer, tap])
            if len(queue):
                self.keep(queue, made % len(queue), x)
            y = torch.sigmoid(y[:, :width]).mul_(torch.tanh(y[:, width:]))
            both = torch.addmm(w.mixed_bias[layer], y, w.mixed[layer])
            x = x + both[:, :width]
            skip += both[:, width:]
        y = torch.addmm(self.out_bias[n], skip.relu_(), w.out)
        logits = torch.addmm(w.logits_bias, y.relu_(), w.logits).float()
        uniforms = self.uniforms.index_select(0, now)[0, n]
        chosen = choose(logits, uniforms, self.temperature)
        self.keep(self.classes, now, chosen)
        half = config.quantization_channels // 2
        recent.copy_(recent.roll(-1, 1))
        recent[:, -1] = (chosen - half) / half
        made += 1
        return logits

    def read_periods(self, n, now):
        """What the period taps read, the newest sample included: (V, sides * taps)."""
        made, taps, tapped = self.samples_made, self.tapped.shape[2], self.tapped[n]
        self.memory.index_copy_(0, made % Periods.MEMORY, self.recent[None, :, -1])
        past = (made - self.delays.index_select(0, now)[0, :, n]) % Periods.MEMORY  # (4, V, taps)
        read = self.memory[:, n].gather(0, past.transpose(1, 2).flatten(0, 1))
        read = read.unflatten(0, (4, taps)).transpose(1, 2)  # (4, V, taps)
        tapped.copy_(tapped.roll(-1, 1))
        tapped[:, -1] = (read * self.shares.index_select(0, now)[0, :, n]).sum(0)
        return tapped.flatten(1)

    @staticmethod
    def keep(ring, slot, values):
        """ring[slot, :V] = values, the slot a tensor that the device alone knows."""
        ring[:, : len(values)].index_copy_(0, slot, values[None])


def voices_at_once(decoder, dtype, memory=None):
    """How many voices' queues fit into `memory` bytes (default: half of what is free now)."""
    if memory is None:
        if decoder.device.type == "cuda":
            memory = torch.cuda.mem_get_info(decoder.device)[0]
        else:
            memory = psutil.virtual_memory().available
        memory *= SHARE_OF_MEMORY
    config = decoder.config
    slots = (config.kernel_size - 1) * sum(config.dilations) + 8 * config.layers
    return max(1, int(memory / (slots * config.residual_channels * dtype.itemsize)))


@torch.inference_mode()
def run(
    decoder, conditioning, uniforms, temperature, progress=None, lengths=None, dtype=None,
    memory=None,
):  # fmt: skip
    """Generate groups of voices; arguments as in `reference.run`.

    Args:
        lengths: (batch,) frames wanted of each voice; the remainder is silent. None = all.
        dtype: see `BatchWeights`. memory: bytes for the voices' queues, see `voices_at_once`.
    """
    weights, hop, batch = BatchWeights(decoder, dtype), conditioning.hop_length, conditioning.batch
    frames = conditioning.frames
    lengths = torch.full((batch,), frames) if lengths is None else torch.as_tensor(lengths)
    order = lengths.argsort(descending=True, stable=True)
    gpu = decoder.device.type == "cuda"
    cores = 1 if gpu else min(os.cpu_count() or 1, batch)
    room = voices_at_once(decoder, weights.dtype, memory)
    size = min(room if gpu else min(MOST_VOICES, max(1, room // cores)), -(-batch // cores))
    groups = order.split(size)
    silence = float(decoder.config.quantization_channels // 2)
    classes = torch.full(uniforms.shape, silence)
    done, total, stopped = [0], int(lengths.sum()), threading.Event()

    def one(group):
        own = conditioning.voices(group.to(decoder.device))
        draws = uniforms[group.to(uniforms.device)]
        for frame, made in frames_of(weights, own, draws, temperature, lengths[group], stopped):
            classes[group[: made.shape[1]], frame * hop : (frame + 1) * hop] = made.T.cpu()
            done[0] += made.shape[1]
            if progress is not None:
                progress(done[0] * frames // total)

    if len(groups) == 1 or gpu:
        for group in groups:
            one(group)
    else:
        side_by_side(torch.inference_mode()(one), groups, cores, stopped)
    return mu_law_decode(classes, decoder.config.quantization_channels - 1).to(decoder.device)


def side_by_side(one, groups, cores, stopped):
    """Call `one` with each group, a thread for each core, torch on one thread in each."""
    threads = torch.get_num_threads()  # MKL's number is the whole process's: it is put back
    one_each = {"initializer": torch.set_num_threads, "initargs": (1,)}
    try:
        with ThreadPoolExecutor(cores, **one_each) as pool:
            try:
                list(pool.map(one, groups))
            except BaseException:  # Ctrl-C, too: the threads would go on to the end
                stopped.set()
                raise
    finally:
        torch.set_num_threads(threads)


def frames_of(weights, conditioning, uniforms, temperature, lengths, stopped):
    """Make one group's sounds, the longest voice first.

    Args:
        weights: BatchWeights. conditioning, uniforms, lengths: of the group's voices.
        stopped: an event that ends the work.

    Yields:
        frame number, and classes (hop, voices that are not over yet).
    """
    voices, hop = Voices(weights, conditioning.batch, temperature), conditioning.hop_length
    play = None
    for frame in range(int(lengths.max())):
        if stopped.is_set():
            return
        left = int((lengths > frame).sum())
        voices.set_frame(conditioning, frame, uniforms[:, frame * hop : (frame + 1) * hop])
        if weights.device.type == "cuda":
            play = play or record(voices)
            for _ in range(hop // RECORDED):
                play()
        else:
            for _ in range(hop):
                voices.step(left)
        yield frame, voices.classes[:, :left]


def record(voices):
    """Record a few steps as a CUDA graph. Its speed is unmeasured.

    Recording runs the steps once for warm-up, so all that they change is put back.

    Returns:
        the function that replays them.
    """
    tensors = [value for value in vars(voices).values() if torch.is_tensor(value)] + voices.queues
    before = [tensor.clone() for tensor in tensors]
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        voices.step()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(RECORDED):
            voices.step()
    for tensor, old in zip(tensors, before, strict=True):
        tensor.copy_(old)
    return graph.replay
