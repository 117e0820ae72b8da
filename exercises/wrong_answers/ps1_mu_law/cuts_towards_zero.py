"""Turns floats to integers where the law takes the floor, and lets +1 have class 256."""

LOSES = {
    "hand-class-test": (1, "That cuts towards zero."),
    "classes-test": (2, "negative ones land a class high"),
    "edge-test": (1, "class 256, which no table of 256 has"),
}
CELLS = {
    "hand": "curve_by_hand = -0.591\nclass_by_hand = 53",
    "classes": """
def to_classes(x):
    return (128 * bend(x)).astype(int) + 128
""",
}
