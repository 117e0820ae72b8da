"""Which values of a stack take part in one output: the lines of its picture, or the bars.

Notebook: course/04.
"""

TICKS = 64  # positions in a bar that are drawn one by one
VIEWS = ("all connections", "those that reach it", "those in the queues")


def connections(rows, view, low, high):
    """The lines of the picture of a small stack.

    Args:
        rows: from `paths.trace`. view: one of VIEWS. low, high: first and last place shown.

    Returns:
        {kind: [(row of the upper end, its place, place of the lower end)]}; the kinds are
        "plain", "now" (what this output needs computed), "queued" (computed for an earlier
        output) and "unknown" (it needs samples that have not come).
    """
    lines = {"plain": [], "now": [], "queued": [], "unknown": []}
    for number, row in enumerate(rows):
        columns = range(low, high + 1) if view == VIEWS[0] else row["places"].tolist()
        for place in columns:
            for tap in row["taps"].tolist():
                if low <= place + tap <= high:
                    kind = _kind(view, place + row["ahead"])
                    lines[kind].append((number, place, place + tap))
    return lines


def spans(rows, view, low, high):
    """The bars of the picture of a large stack: which places of each row take part.

    Returns:
        {kind: [(row, first place, last place)]}, kinds as in `connections`.
    """
    bars = {"plain": [], "now": [], "queued": [], "unknown": []}
    for number, row in enumerate(rows):
        places, ahead = row["places"], row["ahead"]
        if view == VIEWS[0]:
            bars["plain"].append((number, low, high))
            continue
        single = len(places) <= TICKS
        for kind in ("now", "queued", "unknown"):
            of_kind = [p for p in places.tolist() if _kind(view, p + ahead) == kind]
            if single:
                bars[kind] += [(number, p, p) for p in of_kind]
            elif of_kind:
                bars[kind].append((number, of_kind[0], of_kind[-1]))
    return bars


def _kind(view, newest):
    """What a value is to the output, when `newest` is the last sample that it needs."""
    if view != VIEWS[2]:
        return "plain" if view == VIEWS[0] else "now"
    return "queued" if newest < 0 else "now" if newest == 0 else "unknown"
