"""The bench: every row is complete, ratios are against the plain engine of the same run."""

import json

import numpy as np
import pytest
import torch

from nsynth_edu.classroom import plot_bench
from nsynth_edu.cli import main
from nsynth_edu.generation import bench
from nsynth_edu.models import NSynthConfig, WaveNetAutoencoder, load_model


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A run with the shipped model only: the published shape takes its time."""
    path = tmp_path_factory.mktemp("bench") / "bench.json"
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "published", lambda quick: [])
        assert main(["bench", "--quick", "--json", str(path)]) == 0
    assert torch.get_num_threads() == threads
    result = json.loads(path.read_text())
    read = result["limits"]["read"]
    result["limits"]["read"] = {int(size): rate for size, rate in read.items()}
    return result


def test_every_row_has_every_number(result):
    *engines, group = [(row["engine"], row["dtype"]) for row in result["rows"]]
    assert engines == [("reference", "float32"), *(("stream", d) for d in bench.stream.DTYPES)]
    assert group == ("group run", "int16")
    for row in result["rows"]:
        assert tuple(row)[: len(bench.COLUMNS)] == bench.COLUMNS
        assert row["samples_per_second"] > 0 and 0 < row["quiet"] <= 1.05
        assert row["times_real_time"] == row["samples_per_second"] / 16000
    assert result["machine"] == bench.machine()


def test_a_group_job_is_measured_beside_the_engines(result):
    plain, *engines, group = result["rows"]
    ratio = group["samples_per_second"] / plain["samples_per_second"]
    assert group["ratio_to_reference"] == pytest.approx(ratio)
    assert group["sounds_per_minute"] == pytest.approx(60 * group["samples_per_second"] / 64_000)
    assert group["seconds_once"] > 0
    # four sounds of half a second pay for the encoding of four of 4 s; a whole group does not
    assert 0 < group["outside_generation_of_567"] < group["outside_generation"] < 1
    like = next(row for row in engines if row["dtype"] == "int16")
    for name in ("max_logit_error", "operations_per_byte", "voices", "preset", "limit"):
        assert group[name] == like[name]
    work = [row["operations_per_second"] / row["samples_per_second"] for row in (group, like)]
    assert work[0] == pytest.approx(work[1])
    assert f"makes {group['sounds_per_minute']:.1f} sounds of 4 s a minute" in bench.table(result)


def test_ratios_and_limits_follow_from_the_rates(result):
    plain, *others, _ = result["rows"]
    assert plain["ratio_to_reference"] == 1
    model = load_model("pocket")
    weights = sum(w.numel() for w in model.decoder.parameters() if w.dim() > 1)
    for row in others:
        ratio = row["samples_per_second"] / plain["samples_per_second"]
        assert row["ratio_to_reference"] == pytest.approx(ratio)
        operations = row["operations_per_second"] / row["samples_per_second"]
        assert 1.5 * weights < operations < 2 * weights  # conditioning is worked out per frame
    last = model.decoder.logits.weight.numel()  # whole numbers: in two parts
    size = operations / 2 / (operations / 2 + last)
    per_byte = [row["operations_per_byte"] for row in others]
    np.testing.assert_allclose(per_byte, [0.5, size, 2 * size], rtol=0.03)  # 4, 2, 1 bytes a weight
    errors = [row["max_logit_error"] for row in others]
    assert 0 < errors[0] < 1e-4 < errors[1] < 2e-3 < errors[2] < 5e-2


def test_table_and_figure_show_every_row(result):
    table = bench.table(result)
    assert table.count("| stream |") == 3 and result["machine"]["torch"] in table
    axes = plot_bench(result).axes[0]
    assert sum("stream" in text.get_text() for text in axes.texts) == 3


def test_reading_and_multiplying_are_measured():
    assert bench.read_rate(2**20) > 1e8
    assert bench.gemm_rate(torch.float32) > 1e8


def test_the_work_of_a_sample_is_what_the_published_shape_is_known_for():
    with torch.device("meta"):
        nsynth = WaveNetAutoencoder(NSynthConfig.nsynth())
    operations, size = bench.work(nsynth)
    assert operations == 2 * 59_246_080 and size == 4 * 59_246_080
    assert bench.work(WaveNetAutoencoder(NSynthConfig.pocket()))[0] == 2 * 633_792
