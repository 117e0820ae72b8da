"""WaveNet: predict the next sample from the past ones, over and over.

Source: van den Oord et al. 2016, "WaveNet: a generative model for raw audio"; the order of the
layers follows NSynth (Engel et al. 2017). The same layers train (`forward`) and generate (`step`).
The two inputs marked "ours" are optional and in neither paper: see `pitch_clock`.

Shapes: B voices, T samples, R residual channels, S skip channels, C condition channels.
"""

from dataclasses import dataclass, fields
from numbers import Integral, Real

import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.models.conditioning import Conditioning
from nsynth_edu.models.convolution import Convolution, receptive_field
from nsynth_edu.models.pitch_clock import Periods
from nsynth_edu.sound.companding import mu_law_encode
from nsynth_edu.sound.emphasis import preemphasize

# of a config: whatever is beyond is a slip, or a file that would take all memory
LARGEST = 1 << 17  # of any number, such as samples per frame or per second
MOST_LAYERS = 1000  # the published NSynth has 30 in either part
LONGEST_CYCLE = 18  # layers; the last one's taps are 2 ** 17 samples apart, 8 s


@dataclass(frozen=True)
class WaveNetConfig:
    """The shape of a WaveNet; a number out of bounds is a `ValueError`, see `check_sizes`."""

    layers: int  # dilated layers in all
    cycle: int  # dilations double 1, 2, 4 ... for this many layers, then start again at 1
    residual_channels: int  # width of the signal that travels from layer to layer
    skip_channels: int  # width of what each layer adds to the output
    kernel_size: int  # taps of each dilated layer
    first_kernel_size: int  # taps of the first convolution
    condition_channels: int = 0  # of the local conditioning; 0 = unconditional
    hop_length: int = 512  # samples per frame of conditioning
    phase_channels: int = 0  # ours: channels of a phase clock; 0 = none
    period_taps: int = 0  # ours: taps one, two ... periods of the note back; 0 = none
    quantization_channels: int = 256  # mu-law classes
    sample_rate: int = 16000  # Hz
    preemphasis: float = 0.0  # of the sound before mu-law, see `sound.emphasis`; 0 = none

    def __post_init__(self):
        check_sizes(self)

    @classmethod
    def vocoder(cls):
        """Mel2Mel's vocoder: 80 mel channels every 8 ms, receptive field 2,048 samples.

        It upsamples mel frames with two transposed convolutions; here each frame is repeated.
        Source: Kim et al. 2018.
        """
        return cls(
            layers=20,
            cycle=10,
            residual_channels=64,
            skip_channels=256,
            kernel_size=2,
            first_kernel_size=2,
            condition_channels=80,
            hop_length=128,
        )

    @property
    def dilations(self):
        """One dilation per layer, in samples."""
        return [2 ** (i % self.cycle) for i in range(self.layers)]

    @property
    def receptive_field(self):
        """Past samples that can change the next one."""
        return receptive_field(self.kernel_size, self.dilations, self.first_kernel_size)


def check_sizes(config):
    """Refuse numbers in a config that no network of the course's kind has.

    Args:
        config: WaveNetConfig or NSynthConfig.

    Raises:
        ValueError: if a field is not a whole number from 0 to its bound, or preemphasis is not
            from 0 to below 1.
    """
    bounds = {"layers": MOST_LAYERS, "encoder_layers": MOST_LAYERS, "cycle": LONGEST_CYCLE}
    strength = config.preemphasis
    if not isinstance(strength, Real) or not 0 <= strength < 1:
        raise ValueError(f"preemphasis is {strength!r:.30}; expected 0 (none) to below 1")
    for field in fields(config):
        if field.name == "preemphasis":
            continue
        value, most = getattr(config, field.name), bounds.get(field.name, LARGEST)
        if not isinstance(value, Integral) or not 0 <= value <= most:
            raise ValueError(f"{field.name} is {value!r:.30}; expected 0 to {most:,}")


def gate(y):
    """Gated activation: the first half of the channels decides how much of the second passes.

    Args:
        y: (B, 2R, ...).

    Returns:
        (B, R, ...).

    Source: van den Oord et al. 2016, sec. 2.3.
    """
    gate, wave = y.chunk(2, dim=1)  # (B, R, ...) each
    return torch.sigmoid(gate) * torch.tanh(wave)


def add_per_frame(y, condition):
    """Add a frame's condition to each of its samples.

    Args:
        y: (B, C, T).
        condition: (B, C, frames), T a multiple of frames.

    Returns:
        (B, C, T).
    """
    frames = condition.shape[-1]
    y = y.unflatten(-1, (frames, -1))  # (B, C, frames, hop)
    return (y + condition.unsqueeze(-1)).flatten(-2)


class ResidualLayer(nn.Module):
    """One gated, dilated layer with a residual and a skip output.

    Source: van den Oord et al. 2016, sec. 2.4, figure 4.
    """

    def __init__(self, config, dilation):
        super().__init__()
        width = config.residual_channels
        self.dilated = Convolution(width, 2 * width, config.kernel_size, dilation)
        self.condition = (
            Convolution(config.condition_channels, 2 * width) if config.condition_channels else None
        )
        self.residual = Convolution(width, width)
        self.skip = Convolution(width, config.skip_channels)

    def forward(self, x, condition=None):
        """Process a whole signal.

        Args:
            x: (B, R, T).
            condition: (B, C, frames), or None.

        Returns:
            the input of the next layer (B, R, T), and the skip output (B, S, T).
        """
        y = self.dilated(x)  # (B, 2R, T)
        if condition is not None:
            y = add_per_frame(y, self.condition(condition))  # (B, 2R, T)
        y = gate(y)  # (B, R, T)
        return x + self.residual(y), self.skip(y)

    def step(self, x, bias, queue):
        """Process one sample.

        Args:
            x: (B, R).
            bias: (B, 2R), the projected condition of the frame; 0 without conditioning.
            queue: of the dilated convolution.

        Returns:
            the input of the next layer (B, R), and the skip output (B, S).
        """
        y = gate(self.dilated.step(x, queue) + bias)  # (B, R)
        return x + self.residual.step(y), self.skip.step(y)


class WaveNet(nn.Module):
    """Causal network: logits for sample t from samples < t (and conditioning).

    Signals are companded, (class - 128) / 128, not linear audio; see `classes`.

    Args:
        config: WaveNetConfig.
    """

    recommended_temperature = 1.0  # as trained; `load_model` sets the file's own value
    recommended_sampling = "random"  # see `generation.generate`; `load_model` likewise

    def __init__(self, config):
        super().__init__()
        self.config = config
        width, skip = config.residual_channels, config.skip_channels
        self.start = Convolution(1, width, config.first_kernel_size)
        self.phase = Convolution(config.phase_channels, width) if config.phase_channels else None
        self.periods = Periods(config.period_taps, width) if config.period_taps else None
        self.skip_start = Convolution(width, skip)
        self.layers = nn.ModuleList(ResidualLayer(config, d) for d in config.dilations)
        self.out = Convolution(skip, skip)
        self.out_condition = (
            Convolution(config.condition_channels, skip) if config.condition_channels else None
        )
        self.logits = Convolution(skip, config.quantization_channels)
        nn.init.zeros_(self.logits.weight)  # before training all classes are equally likely:
        nn.init.zeros_(self.logits.bias)  # the loss starts at exactly 8 bits

    def classes(self, waveform):
        """Convert sounds to what the network reads and predicts: mu-law classes.

        Args:
            waveform: (batch, time) float tensor in [-1, 1].

        Returns:
            (batch, time) int64 in [0, classes), of the sound with the network's pre-emphasis.
        """
        emphasized = preemphasize(waveform, self.config.preemphasis)
        return mu_law_encode(emphasized, self.config.quantization_channels - 1)

    def signal(self, waveform):
        """Convert sounds to the network's input: `classes` as numbers in [-1, 1).

        Args:
            waveform: (batch, time) float tensor in [-1, 1].

        Returns:
            (batch, 1, time) float32, (class - 128) / 128.
        """
        half = self.config.quantization_channels // 2
        return (self.classes(waveform)[:, None].float() - half) / half  # (B, 1, T)

    def forward(self, signal, condition=None, phase=None, lags=None):
        """Predict all samples at once (teacher forcing).

        Args:
            signal: (B, 1, T) companded, in [-1, 1); the prediction of sample t uses none from t on.
            condition: (B, C, frames), each frame repeated for T / frames samples, or None.
            phase: ours, phase clock (B, phase_channels, T), or None.
            lags: ours, (B, period_taps, T or 1) samples, NaN = silent, or None; see `Periods`.

        Returns:
            (B, classes, T) logits.
        """
        past = F.pad(signal, (1, -1))  # (B, 1, T), one sample late: only the past predicts t
        x = self.start(past)  # (B, R, T)
        if self.phase is not None:
            x = x + self.phase(phase)  # (B, R, T)
        if self.periods is not None:
            x = x + self.periods(past, lags)  # (B, R, T)
        skip = self.skip_start(x)  # (B, S, T)
        for layer in self.layers:
            x, more = layer(x, condition)
            skip = skip + more
        y = self.out(F.relu(skip))  # (B, S, T)
        if condition is not None:
            y = add_per_frame(y, self.out_condition(condition))  # (B, S, T)
        return self.logits(F.relu(y))  # (B, classes, T)

    def queues(self, batch):
        """Zeroed queues for `step`: the period taps', the first convolution's, one per layer."""
        return [
            None if self.periods is None else self.periods.queue(batch),
            self.start.queue(batch),
            *(layer.dilated.queue(batch) for layer in self.layers),
        ]

    def project(self, condition):
        """Project a frame's condition to the bias that each layer adds to its samples.

        Args:
            condition: (B, C), or None.

        Returns:
            list of one (B, 2R) tensor per layer, then (B, S); zeros without conditioning.
        """
        if condition is None:
            return [0.0] * (len(self.layers) + 1)
        biases = [layer.condition.step(condition) for layer in self.layers]  # (B, 2R) each
        return [*biases, self.out_condition.step(condition)]

    def step(self, sample, biases, queues, phase=None, lags=None):
        """Predict one sample from the one before it.

        Args:
            sample: (B, 1) companded.
            biases: of `project`, for the frame of the predicted sample.
            queues: of `queues`, updated in place.
            phase: ours, (B, phase_channels), or None.
            lags: ours, (B, period_taps) samples, or None.

        Returns:
            (B, classes) logits.
        """
        x = self.start.step(sample, queues[1])  # (B, R)
        if self.phase is not None:
            x = x + self.phase.step(phase)  # (B, R)
        if self.periods is not None:
            x = x + self.periods.step(sample, lags, queues[0])  # (B, R)
        skip = self.skip_start.step(x)  # (B, S)
        for layer, bias, queue in zip(self.layers, biases[:-1], queues[2:], strict=True):
            x, more = layer.step(x, bias, queue)
            skip = skip + more
        y = self.out.step(F.relu(skip)) + biases[-1]  # (B, S)
        return self.logits.step(F.relu(y))  # (B, classes)

    def conditioning(self, mel=None, pitch=None, *, samples=None):
        """Collect what an engine needs to generate.

        Args:
            mel: (batch, frames, condition_channels) tensor, such as mel frames; None for an
                unconditional network.
            pitch: must be None: a WaveNet on its own is not conditioned on pitch.
            samples: length of the sound, for an unconditional network; rounded up to frames.

        Returns:
            Conditioning.

        Raises:
            ValueError: if the arguments do not fit the network.
        """
        channels, hop = self.config.condition_channels, self.config.hop_length
        if self.config.phase_channels or self.config.period_taps:
            raise ValueError("this WaveNet reads a pitch clock; generate from its autoencoder.")
        if pitch is not None:
            raise ValueError("this model is not conditioned on pitch; leave pitch out (None).")
        if mel is None and not channels:
            return Conditioning(1, -(-samples // hop), hop)
        if mel is None or mel.shape[-1] != channels:
            given = "no frames" if mel is None else f"frames of {mel.shape[-1]} channels"
            raise ValueError(
                f"{given} were given; this WaveNet is conditioned on frames of {channels} channels."
            )
        return Conditioning(len(mel), mel.shape[1], hop, mel.transpose(1, 2))

    def guess(self, waveform, mel=None, *, history=None):
        """Predict every sample of a recording from the true ones before it (teacher forcing).

        Args:
            waveform: (batch, time) float tensor in [-1, 1], time a multiple of the hop.
            mel: (batch, frames, condition_channels), or None for an unconditional network.
            history: (batch, 1, time) companded signal that the network takes for the past;
                by default the waveform's own.

        Returns:
            (batch, classes, time) logits.
        """
        if history is None:
            history = self.signal(waveform)
        return self(history, None if mel is None else mel.transpose(1, 2))

    @property
    def receptive_field(self):
        """Past samples that can change the next one."""
        return self.config.receptive_field

    @property
    def frame_channels(self):
        """Channels of the conditioning passed to `generate`; 0 = unconditional."""
        return self.config.condition_channels

    @property
    def device(self):
        """torch.device of the weights."""
        return self.start.weight.device
