"""Many voices at once: every weight that is read serves all of them.

One step makes one sample of each voice with ordinary torch operations on memory that stays where
it is. On a CPU groups of voices run side by side, one thread each; on a GPU a few steps are
recorded once (a CUDA graph) and replayed, so that Python no longer takes part.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import torch

from nsynth_edu.generation.matrices import Matrices, lags, phase
from nsynth_edu.generation.reference import sample_classes
from nsynth_edu.models.wavenet import Periods
from nsynth_edu.sound.companding import mu_law_decode

MOST_VOICES = 256  # of one group on a CPU: more hardly gain, and each takes memory
SHARE_OF_MEMORY = 0.5  # of what is free, for the voices' queues
RECORDED = 8  # steps in a CUDA graph; divides the hop


class BatchWeights:
    """A decoder's matrices as tensors on a device.

    Args:
        model: WaveNetAutoencoder.
        dtype: torch.float32 or torch.bfloat16; by default what `fast_dtype` says.
    """

    def __init__(self, model, dtype=None):
        self.model, self.config = model, model.config.decoder
        self.dtype = dtype = dtype or fast_dtype(model.device)
        for name, value in vars(Matrices.of(model.decoder)).items():
            setattr(self, name, torch.from_numpy(value).to(model.device, dtype))

    def biases(self, condition):
        """Conditioning (V, C) of one frame -> (L, V, 2R) and (V, S), the layers' own included."""
        layers, width = self.dilated_bias.shape
        told = condition.to(self.dtype) @ self.condition
        told, out = told[:, : layers * width], told[:, layers * width :]
        told = told.unflatten(1, (layers, width)).transpose(0, 1)
        return (told + self.dilated_bias[:, None]).contiguous(), out + self.out_bias


class Voices:
    """So many decoders at work on one device: queues, newest samples, clock. All in place.

    Args:
        weights: BatchWeights. count: voices. temperature: see `generate`.
    """

    def __init__(self, weights, count, temperature=1.0):
        self.weights, self.temperature = weights, temperature
        config, device, dtype = weights.config, weights.first.device, weights.dtype
        hop = weights.model.config.hop_length
        width, skip = config.residual_channels, config.skip_channels

        def zeros(*shape, dtype=dtype):
            return torch.zeros(shape, dtype=dtype, device=device)

        self.clock = zeros(1, dtype=torch.int64)
        self.queues = [  # (slots, V, R)
            zeros((config.kernel_size - 1) * dilation, count, width)
            for dilation in config.dilations
        ]
        self.recent = zeros(count, config.first_kernel_size, dtype=torch.float32)
        self.memory = zeros(Periods.MEMORY, count, dtype=torch.float32)
        self.turns = zeros(count, Periods.SIDES, config.period_taps, dtype=torch.float32)
        self.delays = zeros(4, count, config.period_taps, dtype=torch.int64)
        self.shares = zeros(4, count, config.period_taps, dtype=torch.float32)
        # what a frame brings
        self.layer_bias = zeros(config.layers, count, 2 * width)
        self.out_bias = zeros(count, skip)
        self.phase = zeros(hop, count, config.phase_channels, dtype=torch.float32)
        self.uniforms = zeros(hop, count, dtype=torch.float32)
        self.classes = zeros(hop, count, dtype=torch.int64)

    def step(self, voices=None):
        """Make the next sample of the first so many voices (None = all) -> logits (V, classes)."""
        w, config, clock = self.weights, self.weights.config, self.clock
        n = slice(voices)
        now = clock % len(self.phase)
        recent, turns = self.recent[n], self.turns[n]
        inputs = [recent, self.phase.index_select(0, now)[0, n]]
        if config.period_taps:
            self.memory.index_copy_(0, clock % Periods.MEMORY, self.recent[None, :, -1])
            past = (clock - self.delays[:, n]) % Periods.MEMORY  # (4, V, taps)
            heard = (
                self.memory[:, n]
                .gather(0, past.transpose(1, 2).flatten(0, 1))
                .unflatten(0, (4, config.period_taps))
            )
            turns.copy_(turns.roll(-1, 1))
            turns[:, -1] = (heard.transpose(1, 2) * self.shares[:, n]).sum(0)
            inputs.append(turns.flatten(1))
        x = torch.addmm(w.start, torch.cat(inputs, 1).to(w.dtype), w.first)  # (V, R)
        skip = torch.addmm(w.skip_start_bias, x, w.skip_start)
        width = x.shape[1]
        for layer, (dilation, queue) in enumerate(zip(config.dilations, self.queues, strict=True)):
            y = torch.addmm(self.layer_bias[layer, n], x, w.dilated[layer, -1])
            for tap in range(config.kernel_size - 1):
                slot = (clock + tap * dilation) % len(queue)
                y.addmm_(queue.index_select(0, slot)[0, n], w.dilated[layer, tap])
            if len(queue):
                self.keep(queue, clock % len(queue), x)
            y = torch.sigmoid(y[:, :width]).mul_(torch.tanh(y[:, width:]))
            both = torch.addmm(w.mixed_bias[layer], y, w.mixed[layer])
            x = x + both[:, :width]
            skip += both[:, width:]
        y = torch.addmm(self.out_bias[n], skip.relu_(), w.out)
        logits = torch.addmm(w.logits_bias, y.relu_(), w.logits).float()
        uniforms = self.uniforms.index_select(0, now)[0, n]
        drawn = sample_classes(logits, uniforms, self.temperature)
        self.keep(self.classes, now, drawn)
        half = config.quantization_channels // 2
        recent.copy_(recent.roll(-1, 1))
        recent[:, -1] = (drawn - half) / half
        clock += 1
        return logits

    @staticmethod
    def keep(ring, slot, values):
        """ring[slot, :V] = values, the slot a tensor that the device alone knows."""
        ring[:, : len(values)].index_copy_(0, slot, values[None])


def fast_dtype(device):
    """bfloat16 where the device multiplies it faster than float32, else float32."""
    if device.type == "cuda":
        return torch.bfloat16
    try:  # x86: AVX512-BF16 or AMX; old or other builds of torch do not say
        able = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    except AttributeError:
        able = False
    return torch.bfloat16 if able else torch.float32


def voices_at_once(model, dtype, memory=None):
    """How many voices' queues fit into so many bytes (default: half of what is free now)."""
    if memory is None:
        if model.device.type == "cuda":
            memory = torch.cuda.mem_get_info(model.device)[0]
        else:
            memory = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        memory *= SHARE_OF_MEMORY
    config = model.config.decoder
    slots = (config.kernel_size - 1) * sum(config.dilations) + 8 * config.layers
    return max(1, int(memory / (slots * config.residual_channels * dtype.itemsize)))


@torch.inference_mode()
def run(model, z, pitch, uniforms, temperature, progress, lengths=None, dtype=None, memory=None):
    """Generate groups of voices; arguments as in `reference.run`.

    Args:
        lengths: (batch,) frames wanted of each voice; the rest of it is silent. None = all.
        dtype: see `BatchWeights`. memory: bytes for the voices' queues, see `voices_at_once`.
    """
    weights = BatchWeights(model, dtype)
    batch, frames = z.shape[:2]
    hop = model.config.hop_length
    lengths = torch.full((batch,), frames) if lengths is None else torch.as_tensor(lengths)
    order = lengths.argsort(descending=True, stable=True)
    gpu = model.device.type == "cuda"
    cores = 1 if gpu else min(os.cpu_count() or 1, batch)
    room = voices_at_once(model, weights.dtype, memory)
    size = min(room if gpu else min(MOST_VOICES, max(1, room // cores)), -(-batch // cores))
    groups = order.split(size)
    classes = torch.full((batch, frames * hop), model.config.quantization_channels // 2)
    told = None if pitch is None else model.pitches(pitch, batch)
    done, total, stopped = [0], int(lengths.sum()), threading.Event()

    def one(group):
        with torch.inference_mode():  # a thread does not inherit it
            for frame, made in sing(
                weights, z, told, uniforms, temperature, group, lengths, stopped
            ):
                part = slice(frame * hop, (frame + 1) * hop)
                classes[group[: made.shape[1]], part] = made.T.cpu()
                done[0] += made.shape[1]
                if progress is not None:
                    progress(done[0] * frames // total)

    if len(groups) == 1 or gpu:
        for group in groups:
            one(group)
    else:
        with ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,)) as threads:
            try:
                list(threads.map(one, groups))
            except BaseException:  # Ctrl-C, too: the threads would sing on to the end
                stopped.set()
                raise
    return mu_law_decode(classes, model.config.quantization_channels - 1).to(model.device)


def sing(weights, z, told, uniforms, temperature, group, lengths, stopped):
    """One group, frame by frame: yields (frame, classes (hop, voices still singing))."""
    model, hop = weights.model, weights.model.config.hop_length
    voices = Voices(weights, len(group), temperature)
    told = None if told is None else told[group]
    condition = model.condition(z[group], told)
    delays, shares = lags(model, told, len(group))
    voices.delays.copy_(delays)
    voices.shares.copy_(shares)
    play = None
    for frame in range(int(lengths[group].max())):
        if stopped.is_set():
            return
        singing = int((lengths[group] > frame).sum())
        layer_bias, out_bias = weights.biases(condition[..., frame])
        voices.layer_bias.copy_(layer_bias)
        voices.out_bias.copy_(out_bias)
        voices.phase.copy_(phase(model, told, len(group), frame * hop, hop).transpose(0, 1))
        part = slice(frame * hop, (frame + 1) * hop)
        voices.uniforms.copy_(uniforms[group.to(uniforms.device), part].T)
        if model.device.type == "cuda":
            play = play or record(voices)
            for _ in range(hop // RECORDED):
                play()
        else:
            for _ in range(hop):
                voices.step(singing)
        yield frame, voices.classes[:, :singing]


def record(voices):
    """A few steps as a CUDA graph -> the function that replays them. Its speed is unmeasured.

    Recording runs the steps once for warm-up, so all that they change is put back.
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
