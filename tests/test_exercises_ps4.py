"""Problem set 4: what the sheet tells of the model."""

from problem_set import source

from nsynth_edu.play import caricature
from nsynth_edu.sound import multi_scale_spectral_distance

PS4 = "ps4_latent"


def test_the_told_scalings_are_nearest_in_takes_that_nobody_has_chosen():
    space = {}
    exec(source(PS4, "target"), space)
    exec(source(PS4, "sing"), space)
    for name, told, rivals in (("nylon_guitar", 2, (0, 1)), ("trumpet", 1, (0, 2))):

        def distances(scaling, name=name):
            drawn = caricature(space["z"][name], space["z_mean"], scaling)
            takes = [space["sing"](drawn, seed) for seed in (11, 12)]
            recorded = space["recorded"][name]
            return [multi_scale_spectral_distance(take, recorded) for take in takes]

        nearest = distances(told)
        for rival in rivals:
            assert max(nearest) < min(distances(rival)), (name, rival)
