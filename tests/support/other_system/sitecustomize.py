"""On PYTHONPATH: what only POSIX has is out of nsynth_edu's reach, in this and all its processes.

Python itself, torch and Jupyter still find it, as they find its substitutes on Windows.
"""

import builtins
import os
import signal
import sys

MODULES = {"fcntl", "grp", "pwd", "resource", "termios"}
NAMES = {
    os: "fork fwalk geteuid getuid kill killpg mkfifo sched_getaffinity sched_setaffinity setsid "
    "symlink sysconf uname",
    signal: "SIGALRM SIGHUP SIGKILL SIGUSR1 SIGUSR2 alarm pthread_kill",
}
find = builtins.__import__


def is_ours(space):
    return (space or {}).get("__name__", "").split(".")[0] == "nsynth_edu"


def look_up(name, globals=None, *more, **named):
    if name in MODULES and is_ours(globals):
        raise ImportError(f"nsynth_edu asked for {name}, which is not on every system")
    return find(name, globals, *more, **named)


def hide(module, names):
    kept = {name: module.__dict__.pop(name) for name in names.split() if hasattr(module, name)}

    def attribute(name):
        if name not in kept or is_ours(sys._getframe(1).f_globals):
            raise AttributeError(f"{module.__name__}.{name} is not on every system")
        return kept[name]

    module.__getattr__ = attribute


builtins.__import__ = look_up
for module, names in NAMES.items():
    hide(module, names)
