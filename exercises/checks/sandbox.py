"""Students' code runs in a box: no network, nothing to read but what it needs, nothing to keep.

The kernel that runs a submission is started by bubblewrap (`bwrap`). It sees the programs, this
package, the course's sounds and the hidden tests, all to read only, and a copy of the student's
folder that is thrown away afterwards: not the gradebook, not the solutions, not other students,
nobody's home. nbgrader itself stays outside and talks to it through a socket file.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from traitlets import default

import nsynth_edu

UNSAFE = "NSYNTH_EDU_GRADE_WITHOUT_SANDBOX"
COURSE = Path(__file__).resolve().parents[1]
PACKAGE = Path(nsynth_edu.__file__).resolve().parent
NUMBA = (PACKAGE, Path(find_spec("librosa").origin).parent)  # what lets Numba compile
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/fonts",
          "/etc/alternatives", "/etc/localtime")  # fmt: skip
# what a kernel may take: bytes of address space and of one file, seconds of processor time
LIMITS = {"as": 16 << 30, "fsize": 200 << 20, "cpu": 1800, "nofile": 1024}
KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "NSYNTH_EDU_GRADING_SEED", "OMP_NUM_THREADS")


class UnsafeGradingError(RuntimeError):
    """Code of students would run with all rights of this machine."""


class SandboxedKernelManager(AsyncKernelManager):
    """Starts the kernel that grades within a sandbox; refuses to do without as root."""

    @default("transport")
    def _sockets_not_ports(self):
        return "ipc" if available() else "tcp"

    def format_kernel_cmd(self, extra_arguments=None):
        command = super().format_kernel_cmd(extra_arguments)
        if not available():
            refuse_as_root()
            return command
        return [*sandbox(self.folders), *command]

    async def _async_pre_start_kernel(self, **kw):
        """A folder of its own for the sockets, and a copy of the one that the code runs in."""
        if available():
            self.box = tempfile.TemporaryDirectory(prefix="grading-")
            sockets, copy = Path(self.box.name, "run"), Path(self.box.name, "copy")
            sockets.mkdir()
            self.connection_file = str(sockets / "kernel.json")
            here = Path(kw.get("cwd") or os.getcwd()).resolve()
            shutil.copytree(here, copy, symlinks=True)
            self.folders = {sockets: sockets, copy: here}
            for place in compiled():  # where Numba could not write, it would compile anew
                kept = Path(self.box.name, f"compiled-{len(self.folders)}")
                self.folders[shutil.copytree(place, kept)] = place
        return await super()._async_pre_start_kernel(**kw)

    pre_start_kernel = _async_pre_start_kernel

    async def _async_cleanup_resources(self, restart=False):
        await super()._async_cleanup_resources(restart)
        if not restart and hasattr(self, "box"):
            self.box.cleanup()

    cleanup_resources = _async_cleanup_resources


def compiled():
    """Folders that hold what Numba has compiled once for all."""
    return sorted({path.parent for package in NUMBA for path in package.rglob("*.nbi")})


def available():
    """Whether a sandbox can be made, and nobody has waived it."""
    return os.environ.get(UNSAFE) != "1" and _works()


@cache
def _works():
    """Whether bubblewrap is here, and this machine lets it do its work."""
    if shutil.which("bwrap") is None:
        return False
    command = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def refuse_as_root():
    """Raises UnsafeGradingError for root, who has been told nothing else."""
    if os.geteuid() == 0 and os.environ.get(UNSAFE) != "1":
        raise UnsafeGradingError(
            "grading runs students' code, as root and without a sandbox it may do anything: "
            "install bubblewrap (Debian: apt install bubblewrap), or grade as another user. "
            f"Who means it all the same sets {UNSAFE}=1."
        )


def sandbox(folders):
    """The words before a command that keep it in a box.

    Args:
        folders: {place on this machine: where the command sees it, to read and write}.
    """
    # an interrupt is for the kernel, which listens to it while a cell runs, not for the box; what
    # the program says at its start is for nobody
    box = ["sh", "-c", 'trap "" INT; exec "$@" >/dev/null', "sh"]
    box += ["prlimit", *(f"--{name}={value}" for name, value in LIMITS.items())]
    box += ["bwrap", "--unshare-all", "--die-with-parent", "--clearenv"]
    box += ["--uid", "65534", "--gid", "65534", "--hostname", "grading"]
    box += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for place in readable():
        box += ["--ro-bind-try", str(place), str(place)]
    for place, seen in folders.items():
        box += ["--bind", str(place), str(seen)]
    for name in KEPT:
        if name in os.environ:
            box += ["--setenv", name, os.environ[name]]
    return [*box, "--setenv", "HOME", "/tmp"]


def readable():
    """What code that is graded may read: programs, this package, sounds, hidden tests."""
    python = {sys.prefix, sys.base_prefix, sysconfig.get_paths()["purelib"]}
    course = [COURSE / "checks", COURSE.parent / "media", PACKAGE.parent / "media"]
    return [*SYSTEM, *sorted(python), PACKAGE, *course]
