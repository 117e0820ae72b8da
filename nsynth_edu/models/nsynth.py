"""NSynth: a WaveNet autoencoder. A note goes in, 16 numbers per 32 ms come out, and a note again.

Source: Engel et al. 2017, "Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders".
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nsynth_edu.models.convolution import Convolution
from nsynth_edu.models.wavenet import WaveNet, WaveNetConfig
from nsynth_edu.sound.companding import companded

UNKNOWN_PITCH = 128  # one class more than the MIDI numbers 0..127


@dataclass(frozen=True)
class NSynthConfig:
    """The shape of a WaveNet autoencoder; the values in comments are the published ones."""

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
    pitch_channels: int = 0  # size of the pitch embedding beside z; 0 = not told the pitch
    phase_harmonics: int = 0  # sines at f0, 2 f0, 3 f0 ... given to the decoder; 0 = none
    period_taps: int = 0  # decoder taps 1, 2, 3 ... periods of the note back; 0 = none

    @classmethod
    def nsynth(cls):
        """The published model: 61,804,048 parameters, receptive field 6,141 samples."""
        return cls()

    @classmethod
    def pocket(cls):
        """Ours: small enough to play live on one core, and told which note to play."""
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
        )

    @property
    def decoder(self):
        """The decoder's own shape."""
        return WaveNetConfig(
            layers=self.layers,
            cycle=self.cycle,
            residual_channels=self.residual_channels,
            skip_channels=self.skip_channels,
            kernel_size=self.kernel_size,
            first_kernel_size=self.first_kernel_size,
            condition_channels=self.bottleneck_channels + self.pitch_channels,
            phase_channels=2 * self.phase_harmonics,
            period_taps=self.period_taps,
            quantization_channels=self.quantization_channels,
        )

    @property
    def pitch_conditioned(self):
        """Whether the decoder is told the pitch."""
        return self.pitch_channels > 0 or self.phase_harmonics > 0 or self.period_taps > 0


class TemporalEncoder(nn.Module):
    """Listen to the whole note, past and future, and sum up every 32 ms in 16 numbers."""

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
        """signal (B, 1, T) companded, T a multiple of the hop -> z (B, 16, T / hop)."""
        x = self.start(signal)  # (B, E, T)
        for dilated, residual in zip(self.dilated, self.residual, strict=True):
            x = x + residual(F.relu(dilated(F.relu(x))))
        # pool by mean, not stride: every sample votes for its frame
        return self.bottleneck(x).unflatten(-1, (-1, self.hop_length)).mean(-1)


class WaveNetAutoencoder(nn.Module):
    """Encoder, bottleneck, WaveNet decoder; `NSynthConfig.nsynth()` is the published one."""

    recommended_temperature = 1.0  # as trained; `load_model` sets what its file says

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.encoder = TemporalEncoder(config)
        self.decoder = WaveNet(config.decoder)
        self.pitch = (
            nn.Embedding(UNKNOWN_PITCH + 1, config.pitch_channels)
            if config.pitch_channels
            else None
        )

    @property
    def receptive_field(self):
        """Past samples the decoder hears (published: 6,141 = 384 ms)."""
        return self.config.decoder.receptive_field

    def encode(self, waveform):
        """Sum up a sound: 16 numbers per 512 samples.

        Args:
            waveform: (time,) or (batch, time) float in [-1, 1], 16 kHz. A rest of less than
                512 samples at the end is left out.

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
        signal = companded(waveform[:, None, : frames * hop], self.config.quantization_channels - 1)
        return self.encoder(signal).transpose(1, 2)

    def logits(self, waveform, z, pitch=None, *, history=None, clock_start=None):
        """Guess every sample from the true ones before it (teacher forcing).

        Args:
            waveform: (batch, time) float tensor in [-1, 1], at most frames * 512 samples.
            z: (batch, frames, 16).
            pitch: MIDI number, or one per voice (NaN = unknown), or None; see `condition`.
            history: (batch, 1, time) companded signal the decoder hears as the past;
                by default the waveform's own.
            clock_start: (batch,) where the phase clock starts, in periods; 0 by default, as in
                `generate`. For a recording set it by ear: `model.clock_start(waveform, pitch)`.

        Returns:
            (batch, 256, time): position t holds the logits of sample t's class.
        """
        if history is None:
            history = companded(waveform[:, None], self.config.quantization_channels - 1)
        frames, time = z.shape[1], history.shape[-1]
        total = frames * self.config.hop_length
        if time > total:
            raise ValueError(
                f"the waveform has {time} samples but z only {frames} frames of "
                f"{self.config.hop_length} = {total} samples. Encode the whole waveform."
            )
        history = F.pad(history, (0, total - time))  # causal: what follows changes nothing
        phase = self.phase(pitch, len(z), 0, total, clock_start)
        lags = self.lags(pitch, len(z))
        return self.decoder(history, self.condition(z, pitch), phase, lags)[..., :time]

    def condition(self, z, pitch=None):
        """What the decoder is told per frame: z, and beside it the pitch embedding.

        Args:
            z: (batch, frames, 16).
            pitch: MIDI number(s), fractions allowed; NaN or None = unknown.

        Returns:
            (batch, 16 + pitch_channels, frames).
        """
        condition, midi = z.transpose(1, 2), self.pitches(pitch, len(z))
        if self.pitch is None:
            return condition
        index = midi.nan_to_num(UNKNOWN_PITCH).round().clamp(0, UNKNOWN_PITCH).long()
        embedding = self.pitch(index)[..., None].expand(-1, -1, condition.shape[-1])
        return torch.cat([condition, embedding.to(condition.dtype)], dim=1)

    def phase(self, pitch, batch, start, length, clock_start=None):
        """A clock ticking at the pitch: where in its period each sample lies.

        Args:
            pitch: MIDI number(s); an unknown pitch has a silent clock (zeros).
            batch: voices. start, length: samples.
            clock_start: (batch,) periods at sample 0; None = 0.

        Returns:
            (batch, 2 * phase_harmonics, length): sine and cosine at f0, 2 f0, 3 f0 ...
            (zeros above Nyquist), or None for a model without a clock.
        """
        if not self.config.phase_harmonics:
            return None
        harmonic = torch.arange(1, self.config.phase_harmonics + 1, device=self.device)
        cycles = self.cycles(pitch, batch)
        time = torch.arange(start, start + length, device=self.device)
        place = cycles * time + (0 if clock_start is None else clock_start[:, None])
        # whole periods drop out before float32, or a long note would lose its place
        angle = (harmonic[:, None] * place[:, None]).frac() * 2 * math.pi
        audible = (cycles * harmonic < 0.5)[..., None]  # False for NaN, too
        waves = torch.cat([torch.sin(angle) * audible, torch.cos(angle) * audible], dim=1)
        return waves.nan_to_num(0).float()

    def clock_start(self, waveform, pitch):
        """Set the clock by ear: where in its period the note's fundamental is at sample 0.

        It listens to the whole waveform, the future too: one number that the decoder of a
        recording is given beside z, and that a free-running decoder does not need.

        Args:
            waveform: (batch, time) tensor. pitch: as in `condition`.

        Returns:
            (batch,) float64 periods; None for a model without a clock.
        """
        if not self.config.phase_harmonics:
            return None
        time = torch.arange(waveform.shape[-1], device=self.device)
        angle = 2 * math.pi * self.cycles(pitch, len(waveform)) * time
        waveform = waveform.double()
        real, imaginary = (waveform * angle.cos()).sum(-1), -(waveform * angle.sin()).sum(-1)
        return torch.atan2(imaginary, real) / (2 * math.pi) + 0.25  # a sine, not a cosine

    def lags(self, pitch, batch):
        """How far back the period taps lie, (batch, period_taps) samples, NaN where unknown.

        Counted from the newest sample the decoder knows, so that the middle of the three samples
        of a tap lies whole periods before the one that is being guessed.
        """
        if not self.config.period_taps:
            return None
        count = torch.arange(1, self.config.period_taps + 1, device=self.device)
        return count / self.cycles(pitch, batch) - 2

    def cycles(self, pitch, batch):
        """Periods per sample, (batch, 1) float64, NaN where unknown."""
        midi = self.pitches(pitch, batch).double()
        return (440.0 * 2 ** ((midi - 69) / 12) / self.config.sample_rate)[:, None]

    def pitches(self, pitch, batch):
        """One MIDI number per voice, (batch,) float, NaN where unknown.

        Raises:
            ValueError: for a model without pitch conditioning, a wrong count, or a number
                outside 0..127.
        """
        if pitch is None:
            return torch.full((batch,), math.nan, device=self.device)
        midi = torch.as_tensor(pitch, dtype=torch.float32, device=self.device)
        if not self.config.pitch_conditioned:
            raise ValueError("this model is not told the pitch; leave pitch out (None).")
        if midi.dim() > 0 and midi.shape != (batch,):
            raise ValueError(
                f"pitch has shape {tuple(midi.shape)} for {batch} voices; "
                "give one MIDI number, or one per voice."
            )
        if ((midi < 0) | (midi > 127)).any():
            raise ValueError(f"pitch {pitch} lies outside the MIDI numbers 0..127 (60 = middle C).")
        return midi.expand(batch)

    @property
    def device(self):
        """Where the weights are."""
        return self.decoder.start.weight.device
