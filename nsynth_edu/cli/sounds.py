"""morph, follow, encode, decode: from sounds to encodings and back."""

import time

from nsynth_edu import generation, play, sound
from nsynth_edu.cli.console import check_output, progress, say


def morph(arguments):
    """Mix the encodings of two sounds and decode the mix."""
    check_output(arguments.output, ".wav", inputs=[arguments.a, arguments.b])
    model = play.load_autoencoder(arguments.model)
    z, pitch, reason = play.hybrid(model, arguments.a, arguments.b, arguments.mix, arguments.pitch)
    if reason:
        say(f"{reason} (--pitch names another).")
    decode_into(arguments.output, model, z, pitch, arguments)


def follow(arguments):
    """Play the melody of one sound with the timbre of another."""
    inputs = [arguments.voice, *arguments.instrument]
    check_output(arguments.output, ".wav", inputs=inputs)
    model = play.load_autoencoder(arguments.model)
    z, contour, loudness = play.performance(model, arguments.voice, arguments.instrument)

    def like_the_voice(played):
        return sound.normalize_peak(play.with_loudness(played, loudness))

    decode_into(arguments.output, model, z, contour, arguments, like_the_voice)


def encode(arguments):
    """Write z and the pitch of one sound."""
    check_output(arguments.output, ".npz", inputs=[arguments.input])
    waveform = play.as_note(arguments.input, round(arguments.seconds * sound.SAMPLE_RATE))
    model = play.load_autoencoder(arguments.model)
    pitch = arguments.pitch
    if pitch is None:
        pitch = play.measured_pitch(waveform, model.config.hop_length)
    z = model.encode(waveform)
    play.save_encoding(arguments.output, z, pitch, model.config)
    say(f"{len(z)} frames of {z.shape[1]} numbers, pitch {play.pitch_name(pitch)}.")


def decode(arguments):
    """Turn the z of a file into sound."""
    check_output(arguments.output, ".wav", inputs=[arguments.input])
    z, pitch, hop_length = play.load_encoding(arguments.input)
    model = play.load_autoencoder(arguments.model)
    if hop_length != model.config.hop_length:
        raise ValueError(
            f"{arguments.input} has one frame per {hop_length} samples, the model "
            f"{arguments.model} one per {model.config.hop_length}; encode with the same model."
        )
    pitch = pitch if arguments.pitch is None else arguments.pitch
    decode_into(arguments.output, model, z, pitch, arguments)


def decode_into(path, model, z, pitch, arguments, finish=lambda waveform: waveform):
    """Decode z into a file, changed by `finish`; print its pitch and the real-time factor."""
    at = f"pitch {play.pitch_name(pitch)}"
    if not model.config.pitch_conditioned:
        pitch, at = None, "pitch as z has it, for this model is not conditioned on pitch"
    begin = time.perf_counter()
    with progress("frames") as report:
        waveform = generation.generate(
            model,
            z,
            pitch=pitch,
            temperature=arguments.temperature,
            seed=arguments.seed,
            progress=report,
        )
    took, lasts = time.perf_counter() - begin, len(waveform) / sound.SAMPLE_RATE
    sound.save_audio(path, finish(waveform))
    say(
        f"{at}; {lasts:.2f} s of sound in {took:.2f} s: real-time factor {took / lasts:.2f} "
        "(below 1 is faster than real time)."
    )
