"""morph, follow, live, play, perform, encode, decode: what is made of sounds and songs."""

import math
import os
import time
from pathlib import Path

from nsynth_edu import generation, play, sound, studio
from nsynth_edu.cli.console import check_output, counted, progress, say
from nsynth_edu.sound.bounds import printable


def morph(arguments):
    """Mix the encodings of two sounds and decode the mix."""
    check_output(arguments.output, ".wav", inputs=[arguments.a, arguments.b])
    model = play.load_autoencoder(arguments.model)
    z, pitch, reason = play.hybrid(model, arguments.a, arguments.b, arguments.mix, arguments.pitch)
    if reason:
        say(f"{reason} (--pitch names another).")
    credit = f"Morph of {_names(arguments.a, arguments.b)}"
    decode_into(arguments.output, model, z, pitch, arguments, credit)


def follow(arguments):
    """Play the melody of one sound with the timbre of another."""
    inputs = [arguments.voice, *arguments.instrument]
    check_output(arguments.output, ".wav", inputs=inputs)
    model = play.load_autoencoder(arguments.model)
    z, contour, loudness = play.performance(model, arguments.voice, arguments.instrument)

    def like_the_voice(played):
        return sound.normalize_peak(play.with_loudness(played, loudness))

    credit = f"{_names(arguments.voice)} played by {_names(*arguments.instrument)}"
    decode_into(arguments.output, model, z, contour, arguments, credit, like_the_voice)


def live(arguments):
    """Write a page on which the decoder plays live, in the browser, between four sounds."""
    from nsynth_edu.generation.page_weights import page_weights
    from nsynth_edu.page.live_page import write_live_page
    from nsynth_edu.play.live_voice import LOOP

    check_output(arguments.output, ".html", inputs=arguments.corners)
    model = play.load_autoencoder(arguments.model)
    weights = page_weights(model, _names(arguments.model))
    sounds = {path: play.as_note(path) for path in dict.fromkeys(arguments.corners)}
    z = {path: model.encode(waveform)[: LOOP[1] + 1] for path, waveform in sounds.items()}
    names = [printable(Path(path).stem.replace("_", " ")) for path in arguments.corners]
    credits = [f"{_names(path)}, encoded by the model {_names(arguments.model)}" for path in z]
    corners = [z[path] for path in arguments.corners]
    write_live_page(arguments.output, weights, corners, names, credits)
    size = Path(arguments.output).stat().st_size
    say(f"{size / 1e6:.1f} MB; it opens in a browser as a file, or from any web host.")


def play_song(arguments):
    """Play a MIDI file on a pad; print where the path came from, and the gain."""
    check_output(arguments.output, ".wav", inputs=[arguments.song])
    song = sound.read_song(arguments.song)
    pad = studio.read_instrument(arguments.instrument, arguments.group)
    path = play.song_path(song, arguments.begin, arguments.to)
    with progress("notes") as report:
        waveform, gain = play.play_song(song, pad["sounds"], pad["notes"], path, report)
    names = ", ".join(map(printable, pad["corners"]))
    credit = f"{_names(arguments.song)} on a pad between {names}, by nsynth-edu."
    sound.save_audio(arguments.output, waveform, credit=credit)
    if song.drums:
        say(f"left out: {counted(song.drums, 'note')} of the drums.")
    (x, y), (to_x, to_y) = path[0], path[-1]
    say(
        f"{counted(len(song.keys), 'note')}, {len(waveform) / sound.SAMPLE_RATE:.1f} s, from "
        f"{x:.2f},{y:.2f} to {to_x:.2f},{to_y:.2f} on the pad; one gain of "
        f"{20 * math.log10(gain):+.1f} dB for all notes."
    )


def perform(arguments):
    """Play a MIDI file with a timbre of Mel2Mel's map; print the real-time factor."""
    check_output(arguments.output, ".wav", inputs=[arguments.song])
    timbres = arguments.timbre_path or [arguments.timbre]
    begin = time.perf_counter()
    with progress("frames" if arguments.vocoder == "wavenet" else "iterations") as report:
        waveform = play.perform(
            arguments.song, timbres, arguments.vocoder,
            model=arguments.model, seed=arguments.seed, progress=report,
        )  # fmt: skip
    took, lasts = time.perf_counter() - begin, len(waveform) / sound.SAMPLE_RATE
    if (peak := abs(waveform).max()) > 1:
        waveform = sound.normalize_peak(waveform, 1)
        say(f"{-20 * math.log10(peak):.1f} dB for all of it, as it would exceed full scale.")
    credit = f"{_names(arguments.song)} by the model {_names(arguments.model)} of nsynth-edu."
    sound.save_audio(arguments.output, waveform, credit=credit)
    say(f"{lasts:.2f} s of sound in {took:.2f} s: real-time factor {took / lasts:.2f}.")


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
    if arguments.input.lower().endswith(".npy"):
        say(
            f"{arguments.input} does not say which model encoded it; {arguments.model} decodes it, "
            "which means something only if that one did (--model names another)."
        )
    model = play.load_autoencoder(arguments.model)
    if hop_length != model.config.hop_length:
        raise ValueError(
            f"{arguments.input} has one frame per {hop_length} samples, the model "
            f"{arguments.model} one per {model.config.hop_length}; encode with the same model."
        )
    pitch = pitch if arguments.pitch is None else arguments.pitch
    credit = f"Decoded from {_names(arguments.input)}"
    decode_into(arguments.output, model, z, pitch, arguments, credit)


def _names(*paths):
    return " and ".join(printable(os.path.basename(path)) for path in paths)


def decode_into(path, model, z, pitch, arguments, credit, finish=lambda waveform: waveform):
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
            sampling=arguments.sampling,
            seed=arguments.seed,
            progress=report,
        )
    took, lasts = time.perf_counter() - begin, len(waveform) / sound.SAMPLE_RATE
    credit = f"{credit}, by the model {_names(arguments.model)} of nsynth-edu."
    sound.save_audio(path, finish(waveform), credit=credit)
    say(
        f"{at}; {lasts:.2f} s of sound in {took:.2f} s: real-time factor {took / lasts:.2f} "
        "(below 1 is faster than real time)."
    )
