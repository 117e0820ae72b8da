"""NSynth: a WaveNet autoencoder. It encodes a note as 16 numbers per 32 ms and decodes it again.

Source: Engel et al. 2017, "Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders".
Parts marked "ours" are off in the published model; see `pitch_clock`.

Shapes: B notes, T samples, E encoder channels; z is (B, frames, 16), frames = T / 512.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.models.conditioning import Conditioning
from nsynth_edu.models.convolution import Convolution
from nsynth_edu.models.pitch_clock import PitchClock, PitchEmbedding, as_contour
from nsynth_edu.models.wavenet import WaveNet, WaveNetConfig, check_sizes
from nsynth_edu.sound.emphasis import preemphasize


@dataclass(frozen=True)
class NSynthConfig:
    """The shape of a WaveNet autoencoder; the values in comments are the published ones.

    A number out of bounds is a `ValueError`, see `check_sizes`.
    """

    sample_rate: int = 16000  # Hz, 16000
    hop_length: int = 512  # samples per encoding frame, 512 (32 ms)
    quantization_channels: int = 256  # mu-law classes, 256
    bottleneck_channels: int = 16  # numbers per frame, 16
    encoder_channels: int = 128  # width, 128
    encoder_layers: int = 30  # 30
    encoder_kernel_size: int = 3  # taps, centred, 3
    layers: int = 30  # decoder layers, 30
    cycle: int = 10  # dilations 1..512, then again: 10 (encoder and decoder)
    residual_channels: int = 512  # decoder width, 512
    skip_channels: int = 256  # 256
    kernel_size: int = 3  # decoder taps, 3 (most drawings show 2)
    first_kernel_size: int = 3  # taps of the first convolution, 3
    preemphasis: float = 0.0  # ours: of the sound before mu-law, see `sound.emphasis`; 0 = none
    pitch_channels: int = 0  # ours: channels of the pitch embedding next to z; 0 = none
    phase_harmonics: int = 0  # ours: sines at f0, 2 f0, 3 f0 ... for the decoder; 0 = none
    period_taps: int = 0  # ours: decoder taps 1, 2, 3 ... periods of the note back; 0 = none

    def __post_init__(self):
        check_sizes(self)

    @classmethod
    def nsynth(cls):
        """The published model: 61,804,048 parameters, receptive field 6,141 samples."""
        return cls()

    @classmethod
    def pocket(cls):
        """Ours: small enough to play live on one core, and conditioned on pitch."""
        return cls(
            encoder_channels=32,
            encoder_layers=10,
            layers=20,
            residual_channels=64,
            skip_channels=128,
            kernel_size=2,
            pitch_channels=16,
            phase_harmonics=16,
            period_taps=4,
            preemphasis=0.85,
        )

    @property
    def decoder(self):
        """The decoder's WaveNetConfig."""
        return WaveNetConfig(
            layers=self.layers,
            cycle=self.cycle,
            residual_channels=self.residual_channels,
            skip_channels=self.skip_channels,
            kernel_size=self.kernel_size,
            first_kernel_size=self.first_kernel_size,
            condition_channels=self.bottleneck_channels + self.pitch_channels,
            hop_length=self.hop_length,
            phase_channels=2 * self.phase_harmonics,
            period_taps=self.period_taps,
            quantization_channels=self.quantization_channels,
            sample_rate=self.sample_rate,
            preemphasis=self.preemphasis,
        )

    @property
    def pitch_conditioned(self):
        """Whether the decoder is conditioned on pitch."""
        return self.pitch_channels > 0 or self.phase_harmonics > 0 or self.period_taps > 0


class TemporalEncoder(nn.Module):
    """Summarise every 32 ms of a note in 16 numbers; not causal: it reads past and future.

    Source: Engel et al. 2017, sec. 2.1.
    """

    def __init__(self, config):
        super().__init__()
        width, taps = config.encoder_channels, config.encoder_kernel_size
        dilations = [2 ** (i % config.cycle) for i in range(config.encoder_layers)]
        self.hop_length = config.hop_length
        self.start = Convolution(1, width, taps, causal=False)
        self.dilated = nn.ModuleList(
            Convolution(width, width, taps, dilation, causal=False) for dilation in dilations
        )
        self.residual = nn.ModuleList(Convolution(width, width) for _ in dilations)
        self.bottleneck = Convolution(width, config.bottleneck_channels)

    def forward(self, signal):
        """Encode a batch of signals.

        Args:
            signal: (B, 1, T) companded, T a multiple of the hop.

        Returns:
            z: (B, 16, T / hop).
        """
        x = self.start(signal)  # (B, E, T)
        for dilated, residual in zip(self.dilated, self.residual, strict=True):
            x = x + residual(F.relu(dilated(F.relu(x))))  # (B, E, T)
        z = self.bottleneck(x)  # (B, 16, T)
        return z.unflatten(-1, (-1, self.hop_length)).mean(-1)  # (B, 16, frames): average pooling


class WaveNetAutoencoder(nn.Module):
    """Encoder, bottleneck, WaveNet decoder.

    Args:
        config: NSynthConfig; `NSynthConfig.nsynth()` is the published one.
    """

    recommended_temperature = 1.0  # as trained; `load_model` sets the file's own value
    recommended_sampling = "random"  # see `generation.generate`; `load_model` likewise

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.encoder = TemporalEncoder(config)
        self.decoder = WaveNet(config.decoder)
        self.pitch = PitchEmbedding(config.pitch_channels) if config.pitch_channels else None
        # ours: how loud each z is meant to be, see `level`; set when the model is shipped
        self.register_buffer("level_map", None)

    def encode(self, waveform):
        """Encode a sound: 16 numbers per 512 samples.

        Args:
            waveform: (time,) or (batch, time) float in [-1, 1], 16 kHz. A remainder of fewer than
                512 samples at the end is dropped.

        Returns:
            z: (frames, 16) or (batch, frames, 16); an array for an array, a tensor for a tensor.

        Raises:
            ValueError: if the waveform is shorter than one frame.
        """
        if not torch.is_tensor(waveform):
            with torch.no_grad():
                tensor = torch.as_tensor(np.asarray(waveform, np.float32), device=self.device)
                return self.encode(tensor).cpu().numpy()
        if waveform.dim() == 1:
            return self.encode(waveform[None])[0]
        hop = self.config.hop_length
        frames = waveform.shape[-1] // hop
        if frames == 0:
            raise ValueError(
                f"the waveform has {waveform.shape[-1]} samples; an encoding frame needs {hop}. "
                "Pad it with zeros."
            )
        signal = self.signal(waveform[:, : frames * hop])  # (B, 1, T)
        return self.encoder(signal).transpose(1, 2)  # (B, frames, 16)

    def logits(self, waveform, z, pitch=None, *, history=None, clock_offset=None):
        """Predict every sample from the true ones before it (teacher forcing).

        Args:
            waveform: (batch, time) float tensor in [-1, 1], at most frames * 512 samples.
            z: (batch, frames, 16).
            pitch: MIDI number, one per voice, or a contour; None = unknown. See `conditioning`.
            history: (batch, 1, time) companded signal to predict from; by default the waveform's.
            clock_offset: (batch,) periods; see `conditioning`.

        Returns:
            (batch, 256, time): position t holds the logits of sample t's class.

        Raises:
            ValueError: if z is too short for the waveform; for the pitch, see `conditioning`.
        """
        if history is None:
            history = self.signal(waveform)
        given = self.conditioning(z, pitch, clock_offset=clock_offset)
        time = history.shape[-1]
        if time > given.samples:
            raise ValueError(
                f"the waveform has {time} samples but z only {given.frames} frames of "
                f"{given.hop_length} = {given.samples} samples. Encode the whole waveform."
            )
        history = F.pad(history, (0, given.samples - time))  # whole frames; causal, so no effect
        waves, lags = given.waves(0, given.samples), given.lags(0, given.samples)
        return self.decoder(history, given.local, waves, lags)[..., :time]  # (B, 256, T)

    def guess(self, waveform, z=None, pitch=None, *, history=None, clock_error=0.0):
        """Predict every sample of a recording: encode it, align the clock to it, then `logits`.

        Args:
            waveform: (batch, time) float tensor in [-1, 1], at least one frame.
            z: (batch, frames, 16) to use instead of the waveform's own, at least as long as the
                waveform. With its own, a remainder of less than a frame is dropped.
            pitch: as in `conditioning`; not used by a model that is not conditioned on it.
            history: as in `logits`.
            clock_error: (batch,) periods by which the clock is misaligned, for training.

        Returns:
            (batch, 256, time) logits.

        Raises:
            ValueError: as for `encode` and `logits`.
        """
        if z is None:
            z = self.encode(waveform)
            waveform = waveform[:, : z.shape[1] * self.config.hop_length]
        pitch = pitch if self.config.pitch_conditioned else None
        offset = self.clock_offset(waveform, pitch)
        offset = None if offset is None else offset + clock_error
        return self.logits(waveform, z, pitch, history=history, clock_offset=offset)

    def classes(self, waveform):
        """The classes that the decoder reads and predicts; see `WaveNet.classes`."""
        return self.decoder.classes(waveform)

    def signal(self, waveform):
        """Both networks' input, companded; see `WaveNet.signal`."""
        return self.decoder.signal(waveform)

    def conditioning(self, z, pitch=None, *, clock_offset=None, samples=None):
        """Collect what the decoder is conditioned on: z, and ours: pitch embedding, clock, taps.

        Args:
            z: (batch, frames, 16).
            pitch: MIDI number, one per voice (batch,), or a contour (frames,) or (batch, frames);
                fractions allowed, NaN or None = unknown.
            clock_offset: (batch,) periods at which the clock starts; 0 by default, as in
                `generate`. For a recording, see `clock_offset`.
            samples: must be None: z determines the length.

        Returns:
            Conditioning.

        Raises:
            ValueError: for a pitch of another shape or outside 0..127, or where the model is not
                conditioned on pitch.
        """
        config = self.config
        batch, frames, _ = z.shape
        if pitch is not None and not config.pitch_conditioned:
            raise ValueError("this model is not conditioned on pitch; leave pitch out (None).")
        midi = as_contour(pitch, batch, frames, self.device)  # (B, frames)
        local = z.transpose(1, 2)  # (B, 16, frames)
        if self.pitch is not None:
            embedded = self.pitch(midi).to(local.dtype)  # (B, pitch_channels, frames)
            local = torch.cat([local, embedded], dim=1)  # (B, 16 + pitch_channels, frames)
        clock = PitchClock(
            midi, config.hop_length, config.sample_rate, config.phase_harmonics,
            config.period_taps, clock_offset,
        )  # fmt: skip
        return Conditioning(batch, frames, config.hop_length, local, clock)

    def clock_offset(self, waveform, pitch):
        """Measure where in its period a recording begins; see `PitchClock.offset_of`.

        Args:
            waveform: (batch, time) tensor.
            pitch: as in `conditioning`.

        Returns:
            (batch,) float64 periods; None for a model without a clock.
        """
        config = self.config
        if not config.phase_harmonics:
            return None
        frames = -(-waveform.shape[-1] // config.hop_length)
        midi = as_contour(pitch, len(waveform), frames, self.device)
        clock = PitchClock(midi, config.hop_length, config.sample_rate, config.phase_harmonics, 0)
        return clock.offset_of(preemphasize(waveform, config.preemphasis))  # as the decoder reads

    @property
    def receptive_field(self):
        """Past samples that the decoder reads (published: 6,141 = 384 ms)."""
        return self.config.decoder.receptive_field

    @property
    def frame_channels(self):
        """Channels of the conditioning passed to `generate`: those of z."""
        return self.config.bottleneck_channels

    @property
    def device(self):
        """torch.device of the weights."""

        return self.decoder.device
