"""Hand-ins that take too much of the machine, look for a way out, or hold more than plain files."""

import os
import socket

MEMORY = 1_000_000_000  # bytes, a smaller bound than the course's: tests share a machine
CHANGED = f"\nc.SandboxedKernelManager.memory = {MEMORY}\n"
HASTE = "\nc.SandboxedKernelManager.seconds = 12\nc.LimitedExecute.seconds = 2\n"

# --- code that takes too much: what follows a right answer, and words of the line --------------

SLEEPERS = """
import subprocess
for _ in range(600):
    subprocess.Popen(["sleep", "600"])"""
CHILDREN = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:  # a child of nobody's
            mine = bytearray(b"x") * 400_000_000
            time.sleep(600)
        os._exit(0)
time.sleep(4)"""
FILES = """
import os, time
kept = [open(f"{folder}/{{n}}", "wb") for n in range(3)]
for file in kept:
    os.unlink(file.name)
    try:
        file.write(bytes(190_000_000))
    except OSError:  # there is no room for all of it
        pass
time.sleep(4)"""
EMPTY_FILES = """
import time
for n in range(20_000):
    open(f"{n}", "w").close()
time.sleep(4)"""
GREEDY = {
    "many_processes": (SLEEPERS, "not graded: it started more than 64 processes"),
    "much_memory": (CHILDREN, "not graded: it used more than 1 GB of memory"),
    "large_files": (FILES.format(folder="."), "not graded: it wrote more than 500 MB"),
    "large_shared": (FILES.format(folder="/dev/shm"), "not graded: it wrote more than 500 MB"),
    "many_empty_files": (EMPTY_FILES, "not graded: it made more than 10,000 files"),
    "prints_at_once": ("\nprint('x' * 150_000_000)", "not graded: it printed or showed more than"),
}
SHOWS_TOO_MUCH = """
from IPython.display import display
for _ in range(10):
    display({"text/html": "x" * 9_000_000}, raw=True)"""
NEVER_ENDS = """
import time
while True:
    try:
        time.sleep(1)
    except KeyboardInterrupt:
        pass"""

# --- code that looks for a way out ------------------------------------------------------------

LOOKS_AROUND = """
import json, os, subprocess

def refused(attempt):
    try:
        return bool(getattr(attempt(), "returncode", 0))
    except OSError:
        return True

run = lambda *words: subprocess.run(words, capture_output=True)
found = [f"{here}/{name}" for top in ("/proc", "/sys") for here, _, names in os.walk(top)
         for name in names if not os.path.islink(f"{here}/{name}")]
print(json.dumps({
    "writable": [path for path in found if os.access(path, os.W_OK)][:9],
    "core_pattern": refused(lambda: open("/proc/sys/kernel/core_pattern", "a")),
    "root": refused(lambda: open("/x", "w")), "devices": refused(lambda: open("/dev/x", "w")),
    "hidden memory": os.uname().machine != "x86_64" or refused(lambda: os.memfd_create("x")),
    "user": refused(lambda: run("unshare", "--user", "true")),
    "map": refused(lambda: run("unshare", "--user", "--map-root-user", "true")),
    "mount": refused(lambda: run("mount", "-t", "tmpfs", "x", "/tmp")),
}))"""

# in a sandbox without a notebook, where only the status comes out
STATUS = (
    LOOKS_AROUND.replace("print(json.dumps(", "found = (").replace("}))", "})")
    + "\nraise SystemExit(found.pop('writable') or not all(found.values()))"
)
ANYBODY = """
import os, subprocess, sys, tempfile
from checks.sandbox import sandbox, way
with tempfile.TemporaryDirectory() as box:
    os.chmod(box, 0o755)
    os.mkdir(f"{box}/own")
    command = [*sandbox(box, {f"{box}/own": "/own"}, way(), 10**7), sys.executable, "-c"]
    print(way(), *(subprocess.run([*command, code]).returncode for code in sys.argv[1:]))"""

# --- what is not a plain file --------------------------------------------------------------------


def link(target):
    return lambda folder: (folder / "x").symlink_to(target)


def pipe(name):
    def make(folder):
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return make


def sparse(folder):
    with (folder / "x").open("wb") as file:
        file.truncate(2 << 30)


def hard_link(folder):
    os.link(folder.parents[2] / "source" / "mini" / "mini.ipynb", folder / "x")


def many(folder):
    for number in range(100_000):
        os.close(os.open(folder / str(number), os.O_CREAT))


def deep(folder):
    at = os.open(folder, os.O_RDONLY)
    for _ in range(2_000):
        os.mkdir("x", dir_fd=at)
        above, at = at, os.open("x", os.O_RDONLY, dir_fd=at)
        os.close(above)
    os.close(at)


def listening(folder):
    at = os.getcwd()
    os.chdir(folder)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("x")
    os.chdir(at)


def strange_name(folder):
    os.close(os.open(os.fsencode(folder) + b"/\xff\x1b]0;x\x07", os.O_CREAT))


ODD = {
    "strange_name": (strange_name, r"'\udcff\x1b]0;x\x07': its name cannot be printed"),
    "links_to_zero": (link("/dev/zero"), "'x': it is a link"),
    "links_to_a_folder": (link("/usr/share/doc"), "'x': it is a link"),
    "pipe_as_notebook": (pipe("mini.ipynb"), "'mini.ipynb': it is not a regular file"),
    "pipe_as_time": (pipe("timestamp.txt"), "'timestamp.txt': it is not a regular file"),
    "pipe_of_another_name": (pipe("x"), "'x': it is not a regular file"),
    "socket": (listening, "'x': it is not a regular file"),
    "sparse": (sparse, "'x': it exceeds the size limit of a submission"),
    "hard_link": (hard_link, "'x': it is a hard link"),
    "many_files": (many, "there are more than 1,000 files and folders"),
    "deep": (deep, "'x': it lies too deep"),
}
