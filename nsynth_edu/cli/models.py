"""train, evaluate, judge, bench, import-magenta: models are trained, scored, timed, converted."""

import os

from nsynth_edu import models, sound
from nsynth_edu.cli.console import check_output, progress, say

PER_PART = 24  # notes that are scored


def train(arguments):
    """Train as the configuration says; print the path of the model file."""
    from nsynth_edu import training

    run = training.read_training(arguments.config)
    with progress("steps", leave=True) as report:
        path = training.train(
            run,
            arguments.resume,
            lambda done, total, loss: report(done, total, f"{loss:.3g} {run.task.unit}"),
        )
    print(path)


def evaluate(arguments):
    """Print the scores of a model on notes, trained and held-out ones in columns of their own."""
    from nsynth_edu import evaluation

    if arguments.json:
        check_output(arguments.json, ".json")
    model = models.load_model(arguments.model)
    if arguments.probe or arguments.registers:
        return look_into_z(model, arguments)
    about = models.model_metadata(arguments.model)
    training = None if arguments.held_out else about.get("training")
    if training and "instruments" in about:
        training |= {"instruments": about["instruments"]}
    with progress("parts") as report:
        notes = evaluation.read_examples(arguments.notes, arguments.subset)
        count = arguments.count or PER_PART
        scores = evaluation.evaluate(model, notes, training, count, progress=report)
    if arguments.json:
        write_json(arguments.json, scores)
    print(evaluation.report(scores))


def look_into_z(model, arguments):
    """Print what linear classifiers read from z, and at which pitches its registers begin."""
    from nsynth_edu import evaluation

    notes = sound.read_notes(arguments.notes, arguments.subset)
    notes = evaluation.spread(notes, arguments.count or len(notes))
    with progress("notes") as report:
        z = evaluation.encodings(model, notes, report)
    found, tables = {}, []
    if arguments.probe:
        with progress("classifiers") as report:
            found["probe"] = evaluation.probe(z, notes, progress=report)
        tables.append(evaluation.report_probe(found["probe"]))
    if arguments.registers:
        found["registers"] = evaluation.registers(z, notes)
        tables.append(evaluation.report_registers(found["registers"]))
    if arguments.json:
        write_json(arguments.json, found)
    print("\n\n".join(tables))


def judge(arguments):
    """Print how much of pitch, family and qualities the originals show, and their copies."""
    from nsynth_edu import evaluation

    if arguments.json:
        check_output(arguments.json, ".json")
    network = models.load_model(arguments.judge)
    if not isinstance(network, models.PitchQualityJudge):
        raise ValueError(
            f"{arguments.judge} is a {type(network).__name__}; expected a PitchQualityJudge, such "
            "as judge."
        )
    chosen = evaluation.spread(sound.read_notes(arguments.notes, arguments.subset), arguments.count)
    copies = {}
    for name in arguments.copies:
        if os.path.isdir(name):
            copies[name] = evaluation.copies_in(name, chosen)
            continue
        model = models.load_model(name)
        with progress(f"copies by {name}") as report:
            copies[name] = evaluation.copies_of(model, chosen, arguments.seed, report)
    with progress("sounds") as report:
        result = evaluation.table_1(network, chosen, copies, arguments.seed, report)
    if arguments.json:
        write_json(arguments.json, result)
    print(evaluation.report_table_1(result))


def bench(arguments):
    """Print the speed of each engine, compared with the plain one and with the machine's limit."""
    from nsynth_edu.generation import bench
    from nsynth_edu.studio.bench import group_row

    if arguments.json:
        check_output(arguments.json, ".json")
    if arguments.figure:
        check_output(arguments.figure, ".png")
    sounds = _corners()
    with progress("turns") as report:
        result = bench.run(arguments.quick, report)
    if arguments.figure:
        from nsynth_edu.classroom import plot_bench
        from nsynth_edu.sound.files import atomic_write

        with atomic_write(arguments.figure) as path:
            plot_bench(result).savefig(path, format="png", dpi=150)
    if sounds:
        with progress("points") as report:
            row = group_row(sounds, result["rows"], arguments.quick, report)
        result["rows"].append(row)
    if arguments.json:
        write_json(arguments.json, result)
    print(bench.table(result))


def _corners():
    """The course's notes for a trial group job; None where they are not installed."""
    from nsynth_edu.classroom import MediaError, load_note
    from nsynth_edu.studio.course_sounds import CORNERS

    try:
        return {name: load_note(f"notes/{name}_60") for name in CORNERS}
    except MediaError as problem:
        say(f"the group job is left out: {problem}")
        return None


def import_magenta(arguments):
    """Turn a TensorFlow checkpoint of NSynth into a model file."""
    check_output(arguments.output, ".safetensors")
    model = models.import_magenta(arguments.checkpoint, ema=arguments.ema)
    models.save_model(model, arguments.output)
    weights = sum(weight.numel() for weight in model.parameters())
    say(f"{weights:,} parameters, receptive field {model.receptive_field:,} samples.")


def write_json(path, content):
    """Write numbers for other programs, complete or not at all."""
    import json

    from nsynth_edu.sound.files import write_text

    write_text(path, json.dumps(content, indent=1) + "\n")
