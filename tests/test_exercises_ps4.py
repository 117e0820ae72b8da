"""Problem set 4: what the sheet grades about the model."""

from problem_set import source

from nsynth_edu.play import caricature
from nsynth_edu.sound import multi_scale_spectral_distance

PS4 = "ps4_latent"


def test_the_right_scalings_are_nearest_in_takes_that_the_sheet_does_not_use():
    space = {}
    exec(source(PS4, "target"), space)
    exec(source(PS4, "decode"), space)
    for name, right, rivals in (("nylon_guitar", 2, (0, 1)), ("trumpet", 1, (0, 2))):

        def distances(scaling, name=name):
            drawn = caricature(space["z"][name], space["z_mean"], scaling)
            takes = [space["decoded"](drawn, seed) for seed in (11, 12)]
            recorded = space["recorded"][name]
            return [multi_scale_spectral_distance(take, recorded) for take in takes]

        nearest = distances(right)
        for rival in rivals:
            assert max(nearest) < min(distances(rival)), (name, rival)
