"""A class that handed in recordings of phones and browsers in the place of prepared samples."""

import os

import av
import numpy as np
import pytest
from commands import exit_code
from samples import pcm, tone, wav, write_set

from nsynth_edu.sound import estimate_pitch, load_audio
from nsynth_edu.studio import NOTES, check_samples, ingest, plan_groups

KINDS = {"m4a": ("aac", "ipod"), "webm": ("libopus", "webm"), "M4A": ("aac", "ipod")}


def record(path, note, before=0.3, seconds=2.0, level=0.5):
    """What a phone would have recorded: some silence, then a note."""
    codec, kind = KINDS[path.suffix[1:]]
    rate = 48_000
    sound = np.concatenate([np.zeros(round(before * rate)), level * tone(note, seconds, rate)])
    with av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None].astype("f4"), "fltp", "mono")
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


def record_set(folder, ending, names="lead_{}"):
    folder.mkdir(parents=True)
    for note in NOTES:
        record(folder / f"{names.format(note)}.{ending}", note)
    return folder


@pytest.mark.parametrize("ending", KINDS)
def test_without_being_asked_they_are_named_with_the_command(tmp_path, ending):
    record_set(tmp_path / "submitted" / "zoe" / "ps5", ending)
    [zoe] = ingest(tmp_path / "submitted", tmp_path / "in")
    named, missing = zoe.problems
    assert [named.kind, missing.kind] == ["name", "missing"] and zoe.id is None
    assert all(f"'lead_{note}.{ending}'" in str(named) for note in NOTES)
    assert "`nsynth-edu sample prepare FILE --instrument NAME --note NN -o FOLDER`" in str(named)
    assert "Rename" not in str(named) and "7 of 7 notes are missing" in str(missing)
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize("ending", KINDS)
def test_asked_to_prepare_them_they_become_a_set_and_each_repair_is_named(tmp_path, ending):
    folder = record_set(tmp_path / "submitted" / "zoe" / "ps5", ending)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    [zoe] = ingest(tmp_path / "submitted", tmp_path / "in", prepare=True)
    assert zoe.problems == [] and zoe.instrument == "lead"
    for note, sentence in zip(NOTES, zoe.repairs, strict=True):
        assert sentence.startswith(f"lead_{note}.{ending} was prepared: ")
        assert "are silent; they are cut off." in sentence and "Peak normalised" in sentence
        sound = load_audio(tmp_path / "in" / zoe.id / f"{note}.wav")
        assert len(sound) == 64_000 and abs(estimate_pitch(sound) - note) < 0.1
        assert np.abs(sound[:400]).max() > 0.1, "the silence before the note is gone"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in (tmp_path / "in").iterdir()] == [zoe.id]


def test_a_sample_goes_before_a_recording_of_the_same_note(tmp_path):
    folder = write_set(tmp_path / "submitted" / "zoe")
    [plain] = ingest(tmp_path / "submitted", tmp_path / "in")
    record(folder / "lead_36.m4a", 48)
    [zoe] = ingest(tmp_path / "submitted", tmp_path / "in", prepare=True)
    assert zoe.id == plain.id
    assert zoe.repairs == ("lead_36.m4a was left out, as lead_36.wav is there.",)


def test_samples_in_another_format_are_prepared_and_what_cannot_be_is_said(tmp_path):
    folder = write_set(tmp_path / "submitted" / "zoe", notes=NOTES[3:])
    (folder / "lead_24.wav").write_bytes(wav(pcm(tone(24, rate=44_100)), rate=44_100))
    record(folder / "lead_28.webm", 28)
    record(folder / "lead_32.m4a", 32)
    [zoe] = ingest(tmp_path / "submitted", tmp_path / "in", prepare=True)
    assert zoe.problems == [] and [each.split()[0] for each in zoe.repairs] == [
        "lead_24.wav", "lead_28.webm", "lead_32.m4a",
    ]  # fmt: skip
    sound = load_audio(tmp_path / "in" / zoe.id / "24.wav")
    assert abs(estimate_pitch(sound) - 24) < 0.1

    (folder / "lead_28.webm").write_bytes(b"\x1aE\xdf\xa3" + bytes(500))  # damaged
    record(folder / "lead_32.m4a", 32, level=0)  # silent
    (folder / "lead_24.wav").write_bytes(wav(pcm(np.clip(8 * tone(24), -1, 1))))  # clipped
    [zoe] = ingest(tmp_path / "submitted", tmp_path / "in", prepare=True)
    told = [str(each) for each in zoe.problems]
    assert zoe.id is None and any("is clipped" in each for each in told)
    assert any("lead_28.webm" in each for each in told)
    assert any("lead_32.m4a is silent" in each for each in told)


def test_no_recording_leads_out_of_its_folder(tmp_path, elsewhere):
    folder = write_set(tmp_path / "submitted" / "zoe", notes=NOTES[3:])
    record(elsewhere / "secret.m4a", 24)
    (folder / "lead_24.m4a").symlink_to(elsewhere / "secret.m4a")
    os.link(elsewhere / "secret.m4a", folder / "lead_28.m4a")
    (folder / "lead_32.m4a").mkdir()
    [zoe] = ingest(tmp_path / "submitted", tmp_path / "in", prepare=True)
    assert [each.kind for each in zoe.problems] == ["link", "hard_link", "not_a_file"]
    record(elsewhere / "long.m4a", 24, seconds=80)
    for name in ("lead_24.m4a", "lead_28.m4a"):
        (folder / name).unlink()
        (folder / name).write_bytes((elsewhere / "long.m4a").read_bytes() + bytes(1 << 20))
    [zoe] = ingest(tmp_path / "submitted", tmp_path / "in", prepare=True)
    assert "lead_24.m4a has" in str(zoe.problems[0]) and "bytes; expected at most" in str(
        zoe.problems[0]
    )


def test_other_names_want_the_command_even_so(tmp_path):
    record_set(tmp_path / "submitted" / "zoe", "m4a", "Recording {}")
    [zoe] = ingest(tmp_path / "submitted", tmp_path / "in", prepare=True)
    assert "'Recording 24.m4a', 'Recording 28.m4a'" in str(zoe.problems[0])
    [one] = [p for p in check_samples(tmp_path / "submitted" / "zoe") if p.kind == "name"]
    assert one.sentence == zoe.problems[0].sentence


def test_a_teacher_plans_a_class_of_phones(tmp_path, capsys, tiny):
    submitted = tmp_path / "submitted"
    for number, ending in enumerate(("m4a", "webm", "m4a")):
        record_set(submitted / f"s{number}" / "ps5" / "my sounds", ending)
    write_set(submitted / "s3" / "ps5", "bell")
    line = f"group plan {submitted} -o {tmp_path / 'job'} --model {tiny} --resolution 2"
    assert exit_code(line) == 0
    said = capsys.readouterr().err
    assert "s0: 'lead_24.m4a', 'lead_28.m4a'" in said and "4 without a place" in said
    assert exit_code(f"{line} --prepare") == 0
    said = capsys.readouterr().err
    assert said.count("s0: lead_24.m4a was prepared: ") == 1 and "1 group, 28 points" in said
    plan, _ = plan_groups(submitted, tmp_path / "job")
    assert len(plan.planned) == 4
