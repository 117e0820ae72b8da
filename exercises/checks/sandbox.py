"""Run students' code in a sandbox: no network, read access to what it needs, nothing persistent.

The kernel that runs a submission is started by bubblewrap (`bwrap`). It sees the programs, this
package and the course's sounds, all read-only, and a temporary copy of the student's folder; it
does not see the gradebook, the hidden tests, the solutions, other students' work, or any home
folder. nbgrader itself stays outside and talks to the kernel through a socket file.
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

import zmq
from jupyter_client.channels import HBChannel
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

import nsynth_edu

UNSAFE = "NSYNTH_EDU_GRADE_WITHOUT_SANDBOX"
COURSE = Path(__file__).resolve().parents[1]
PACKAGE = Path(nsynth_edu.__file__).resolve().parent
NUMBA = (PACKAGE, Path(find_spec("librosa").origin).parent)  # packages compiled by Numba
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/fonts",
          "/etc/alternatives", "/etc/localtime")  # fmt: skip
# limits of a kernel: bytes of address space and of one file, seconds of processor time
LIMITS = {"as": 16 << 30, "fsize": 200 << 20, "cpu": 1800, "nofile": 1024}
PATIENCE = 2  # seconds to send a message
KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "OMP_NUM_THREADS")


class UnsafeGradingError(RuntimeError):
    """Students' code would run as root without a sandbox."""


class NoHeartbeat(HBChannel):
    """Asks the kernel nothing: whether it runs is known from its process."""

    def run(self):
        pass


class SandboxedKernelManager(AsyncKernelManager):
    """Starts the grading kernel in a sandbox; without bubblewrap, refuses root."""

    @default("transport")
    def _sockets_not_ports(self):
        return "ipc" if available() else "tcp"

    def client(self, **kw):
        """A client that waits for no connection which the kernel's code has cut."""
        client = super().client(hb_channel_class=NoHeartbeat, **kw)
        client.context.setsockopt(zmq.SNDTIMEO, 1000 * PATIENCE)
        return client

    def format_kernel_cmd(self, extra_arguments=None):
        python, *words = super().format_kernel_cmd(extra_arguments)
        command = [python, "-P", *words]  # no module of the hand-in's folder
        if not available():
            refuse_as_root()
            return command
        return [*sandbox(self.folders), *command]

    async def _async_pre_start_kernel(self, **kw):
        """Make a folder for the sockets, and a copy of the folder that the code runs in."""
        if available():
            self.box = tempfile.TemporaryDirectory(prefix="grading-")
            sockets, copy = Path(self.box.name, "run"), Path(self.box.name, "copy")
            sockets.mkdir()
            self.connection_file = str(sockets / "kernel.json")
            here = Path(kw.get("cwd") or os.getcwd()).resolve()
            shutil.copytree(here, copy, symlinks=True)
            self.folders = {sockets: sockets, copy: here}
            for place in compiled():  # Numba needs a writable cache, or compiles again
                cache_copy = Path(self.box.name, f"compiled-{len(self.folders)}")
                self.folders[shutil.copytree(place, cache_copy)] = place
        return await super()._async_pre_start_kernel(**kw)

    pre_start_kernel = _async_pre_start_kernel

    async def _async_cleanup_resources(self, restart=False):
        await super()._async_cleanup_resources(restart)
        if not restart and hasattr(self, "box"):
            self.box.cleanup()

    cleanup_resources = _async_cleanup_resources


def compiled():
    """List the folders of Numba's compilation caches."""
    return sorted({path.parent for package in NUMBA for path in package.rglob("*.nbi")})


def available():
    """Whether a sandbox can be used and is not switched off."""
    return os.environ.get(UNSAFE) != "1" and _works()


@cache
def _works():
    """Whether bubblewrap is installed and works on this machine."""
    if shutil.which("bwrap") is None:
        return False
    command = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def refuse_as_root():
    """Refuse to grade as root without a sandbox.

    Raises:
        UnsafeGradingError: for root, unless NSYNTH_EDU_GRADE_WITHOUT_SANDBOX is 1.
    """
    if os.geteuid() == 0 and os.environ.get(UNSAFE) != "1":
        raise UnsafeGradingError(
            "grading would run students' code as root, without a sandbox: install bubblewrap "
            "(Debian: apt install bubblewrap), or grade as another user. "
            f"To override this, set {UNSAFE}=1."
        )


def sandbox(folders):
    """Build the command prefix that runs a command in the sandbox.

    Args:
        folders: {path on this machine: path in the sandbox} of what it may read and write.

    Returns:
        list of words.
    """
    # an interrupt is meant for the kernel, not for the sandbox; its output goes nowhere
    box = ["sh", "-c", 'trap "" INT; exec "$@" >/dev/null 2>&1', "sh"]
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
    """List what graded code may read: programs, this package, sounds."""
    python = {sys.prefix, sys.base_prefix, sysconfig.get_paths()["purelib"]}
    course = [COURSE.parent / "media", PACKAGE.parent / "media"]
    return [*SYSTEM, *sorted(python), PACKAGE, *course]
