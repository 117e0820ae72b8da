"""Run students' code in a sandbox: no network, read access to what it needs, nothing persistent.

The kernel that runs a submission is started by bubblewrap (`bwrap`). It sees the programs, this
package and the course's sounds, all read-only, and a copy of the student's folder in memory; it
does not see the gradebook, the hidden tests, the solutions, other students' work, or any home
folder. nbgrader itself stays outside and talks to the kernel through sockets that lie in the
sandbox, so that students' code can write nothing to the disk. Where root grades, the code runs as
nobody.
"""

import asyncio
import errno
import os
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psutil
from jupyter_client.channels import HBChannel
from jupyter_client.manager import AsyncKernelManager
from traitlets import Integer, default

import nsynth_edu

from .limits import SOCKETS, TASKS, Watch

UNSAFE = "NSYNTH_EDU_GRADE_WITHOUT_SANDBOX"
COURSE = Path(__file__).resolve().parents[1]
PACKAGE = Path(nsynth_edu.__file__).resolve().parent
OWN = (PACKAGE, COURSE.parent / "media", PACKAGE.parent / "media")
NUMBA = (PACKAGE, Path(find_spec("librosa").origin).parent)  # packages compiled by Numba
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/fonts",
          "/etc/alternatives", "/etc/localtime")  # fmt: skip
# limits of each process: bytes of address space and of one file, seconds of processor time
LIMITS = {"as": 16 << 30, "fsize": 200 << 20, "cpu": 1800, "nofile": 1024, "core": 0}
KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "OMP_NUM_THREADS")
NOBODY = 65534
# Linux's numbers of calls that an answer has no use for: memory that is no process's and no file's,
# namespaces and mounts, and what has often had faults
CALLS = {
    "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "msgget": 68, "mq_open": 240,
    "unshare": 272, "setns": 308, "mount": 165, "fsopen": 430, "open_tree": 428,
    "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425,
    "add_key": 248, "request_key": 249, "keyctl": 250,
}  # fmt: skip
MACHINE, X86_64, OTHER_NUMBERS = "x86_64", 0xC000003E, 0x40000000
# copies the first of each pair of folders into the second, then runs the words after --
FILL = 'while [ "$1" != -- ]; do cp -R "$1/." "$2"; shift 2; done; shift; exec "$@"'


# reads what a grading kernel has to read; an error if it may not
READ = """\
import os, sys

def stop(error):
    raise error

for place in sys.argv[1:]:
    for folder, _, names in os.walk(place, onerror=stop):
        for name in names:
            open(os.path.join(folder, name)).close()"""


class UnsafeGradingError(RuntimeError):
    """Students' code would run as root without a sandbox."""


class NoHeartbeat(HBChannel):
    """Asks the kernel nothing: whether it runs is known from its process."""

    def run(self):
        pass


class SandboxedKernelManager(AsyncKernelManager):
    """Starts the grading kernel in a sandbox; without bubblewrap, refuses root."""

    memory = Integer(4_000_000_000, help="bytes of all processes and files").tag(config=True)
    files = Integer(500_000_000, help="bytes of all files, also temporary ones").tag(config=True)
    processes = Integer(64, help="at the same time").tag(config=True)
    seconds = Integer(900, help="for the whole hand-in").tag(config=True)

    @default("transport")
    def _sockets_not_ports(self):
        return "ipc" if available() else "tcp"

    def client(self, **kw):
        client = super().client(hb_channel_class=NoHeartbeat, **kw)
        for option, value in SOCKETS.items():
            client.context.setsockopt(option, value)
        return client

    def format_kernel_cmd(self, extra_arguments=None):
        python, *words = super().format_kernel_cmd(extra_arguments)
        command = [python, "-P", *words]  # no module of the hand-in's folder
        if not available():
            refuse_as_root()
            return command
        if way() in ("laid-out", "nobody"):
            for path in (self.box.name, *Path(self.box.name).rglob("*")):
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        return [*sandbox(self.box.name, self.folders, way(), self.files), *command]

    async def _async_pre_start_kernel(self, **kw):
        """Make a copy of the folder that the code runs in, which the sandbox copies again."""
        if available():
            self.box = tempfile.TemporaryDirectory(prefix="grading-")
            self.connection_file = str(Path(self.box.name, "kernel.json"))
            self.ip = "/tmp/kernel"  # in the sandbox
            here = Path(kw.get("cwd") or os.getcwd()).resolve()
            copy = shutil.copytree(here, Path(self.box.name, "copy"), symlinks=True)
            # Numba needs a writable cache, or compiles again
            self.folders = {copy: here} | {place: place for place in compiled()}
        return await super()._async_pre_start_kernel(**kw)

    pre_start_kernel = _async_pre_start_kernel

    async def _async_post_start_kernel(self, **kw):
        """Find the sandbox's first process, its sockets and its files, and watch them."""
        if available():
            first = await first_process(psutil.Process(self.provisioner.pid))
            self.ip = f"/proc/{first.pid}/root{self.ip}"
            self.watch = Watch(first, ("/tmp", "/dev/shm", *self.folders.values()), self)
            self.watch.start()
        return await super()._async_post_start_kernel(**kw)

    post_start_kernel = _async_post_start_kernel

    async def _async_cleanup_resources(self, restart=False):
        await super()._async_cleanup_resources(restart)
        if not restart and hasattr(self, "box"):
            self.box.cleanup()

    cleanup_resources = _async_cleanup_resources


async def first_process(outside, patience=10):
    """Find the process with number 1 in the sandbox.

    Args:
        outside: psutil.Process that makes the sandbox.
        patience: seconds to wait for it.

    Returns:
        psutil.Process.

    Raises:
        RuntimeError: if there is none.
    """
    for _ in range(100 * patience):
        for process in [outside, *outside.children(recursive=True)]:
            with suppress(OSError):
                there = Path(f"/proc/{process.pid}")
                number = re.search(r"^NSpid:.*\t(\d+)$", (there / "status").read_text(), re.M)
                if number[1] == "1" and (there / "root" / "copy").exists():
                    return process
        await asyncio.sleep(0.01)
    raise RuntimeError("The sandbox did not start.")


def compiled():
    """List the folders of Numba's compilation caches."""
    return sorted({path.parent for package in NUMBA for path in package.rglob("*.nbi")})


def available():
    """Whether a sandbox can be used and is not switched off."""
    return os.environ.get(UNSAFE) != "1" and way() is not None


@cache
def way():
    """Find out how a sandbox can be started on this machine.

    Returns:
        str: "own", as the user who grades; where that is root, "laid-out" or "nobody", both as
        nobody, or "root", as root without any rights. None if there is no sandbox.
    """
    ways = ("laid-out", "nobody", "root") if os.geteuid() == 0 else ("own",)
    return next(filter(_works, ways if shutil.which("bwrap") else ()), None)


def _works(way):
    with tempfile.TemporaryDirectory(prefix="grading-") as box:
        os.chmod(box, 0o755)
        places = map(str, filter(Path.is_dir, OWN))
        command = [*sandbox(box, {}, way, 0), sys.executable, "-c", READ, *places]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


@cache
def options():
    """The options that this machine's bubblewrap knows, as its text of help."""
    return subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False).stdout


def refuse_as_root():
    """Refuse to grade as root without a sandbox.

    Raises:
        UnsafeGradingError: for root, unless NSYNTH_EDU_GRADE_WITHOUT_SANDBOX is 1.
    """
    if os.geteuid() == 0 and os.environ.get(UNSAFE) != "1":
        raise UnsafeGradingError(
            "grading would run students' code as root, without a sandbox: install bubblewrap "
            "(Debian: apt install bubblewrap) and let it make namespaces (grading_image.md), or "
            "grade as another user. "
            f"To override this, set {UNSAFE}=1."
        )


def sandbox(box, folders, way, files):
    """Build the command prefix that runs a command in the sandbox.

    Args:
        box: folder on this machine that it may read.
        folders: {path on this machine: path in the sandbox}: it gets copies of these, to write to.
        way: how it is started, see `way`.
        files: bytes that they may hold together; each alone may hold a tenth more.

    Returns:
        list of words.
    """
    words = ["bwrap", "--unshare-user", "--unshare-all", "--die-with-parent", "--clearenv"]
    words += ["--disable-userns"] if "--disable-userns" in options() else []
    words += ["--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "grading"]
    words += ["--proc", "/proc", "--dev", "/dev", *memory("/tmp", files)]
    words += memory("/dev/shm", files)
    for place in (*readable(), box):
        words += ["--ro-bind-try", str(place), str(place)]
    for number, (origin, place) in enumerate(folders.items()):
        words += ["--ro-bind", str(origin), f"/copy/{number}", *memory(place, files)]
    words += ["--seccomp", "3"] if os.uname().machine == MACHINE else []
    # what is writable in these belongs to the machine, or takes its memory without a limit
    words += ["--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"]
    for name in KEPT:
        if name in os.environ:
            words += ["--setenv", name, os.environ[name]]
    words += ["--setenv", "HOME", "/tmp", "--chdir", str(next(iter(folders.values()), "/tmp"))]
    words += ["sh", "-c", FILL, "sh"]
    for number, place in enumerate(folders.values()):
        words += [f"/copy/{number}", str(place)]
    return [*before(box, way), *words, "--", *few_tasks()]


def before(box, way):
    """Build what comes before bubblewrap: limits of a process, and root becomes nobody."""
    # an interrupt is meant for the kernel, not for the sandbox; its output goes nowhere
    words = ["sh", "-c", 'trap "" INT; exec "$@" >/dev/null 2>&1 3<"$0"', fewer_calls(box)]
    words += ["prlimit", *(f"--{name}={value}" for name, value in LIMITS.items())]
    words += laid_out(box) if way == "laid-out" else []
    if way in ("laid-out", "nobody"):
        words += ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return words


def fewer_calls(box):
    """Write the filter that refuses `CALLS`, for a machine whose numbers they are.

    It is a program of seccomp, of lines (code, jump if true, jump if false, number): 0x20 loads a
    part of the call, 0x15 and 0x35 compare with ==, >=, 0x06 returns: allow, or EPERM.

    Args:
        box: folder to write it into.

    Returns:
        str, its path.
    """
    last = len(CALLS)
    lines = [(0x20, 0, 0, 4), (0x15, 0, last + 3, X86_64), (0x20, 0, 0, 0)]
    lines += [(0x35, last + 1, 0, OTHER_NUMBERS)]
    lines += [(0x15, last - n, 0, number) for n, number in enumerate(CALLS.values())]
    lines += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050000 | errno.EPERM)]
    path = Path(box, "calls")
    path.write_bytes(b"".join(struct.pack("=HBBI", *line) for line in lines))
    return str(path)


def laid_out(box):
    """Build the prefix with which root shows nobody what the sandbox needs, also in closed folders.

    Nobody cannot enter /root, say, where a Python of root's may lie.
    """
    places = [Path(place) for place in (*readable(), box)]
    words = ["bwrap", "--unshare-pid", "--die-with-parent"]
    for folder in sorted({parent for place in places for parent in place.parents})[1:]:
        words += ["--perms", "0755", "--dir", str(folder)]
    words += ["--bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev"]
    for place in places:
        words += ["--ro-bind-try", str(place), str(place)]
    return [*words, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]


def memory(place, files):
    """Build the words that mount a folder in memory, of a limited size where bubblewrap can."""
    size = ["--size", str(files + files // 10 + (1 << 20))] if "--size" in options() else []
    return [*size, "--tmpfs", str(place)]


def few_tasks():
    """Build the prefix that limits the tasks of a sandbox: from Linux 5.14 on they are counted
    for each sandbox, before for each user of the machine, who may run many of them."""
    version = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
    return ["prlimit", f"--nproc={TASKS}"] if version >= (5, 14) else []


def readable():
    """List what graded code may read: programs, this package, sounds."""
    python = {sys.prefix, sys.base_prefix, sysconfig.get_paths()["purelib"]}
    return [*SYSTEM, *sorted(python), *OWN]
