"""Several accounts on this machine, each with a home and a view of its own."""

import os
import subprocess
import sys
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc")
FIRST_ID = 61_000


class Accounts:
    """Students who share a machine: programs to read, one home each, and what is said to be shared.

    Where root runs this, each student is a user of the system, with an id of her own. Elsewhere
    only her name is her own: `apart` is False, and permissions between students mean nothing.

    Args:
        folder: for the homes. names: of the students. shared: folder that all can reach.
    """

    def __init__(self, folder, names, shared):
        self.folder, self.shared = folder, shared
        self.ids = {name: FIRST_ID + n for n, name in enumerate(names)}
        self.apart = os.geteuid() == 0 and _runs("bwrap", "--ro-bind", "/", "/", "true")
        for name in names:
            self.home(name).mkdir(mode=0o700, parents=True)
            self.own(name, self.home(name))
        self.passwd = folder / "passwd"
        lines = [f"{name}:x:{n}:{n}::{self.home(name)}:/bin/sh" for name, n in self.ids.items()]
        self.passwd.write_text(Path("/etc/passwd").read_text() + "\n".join([*lines, ""]))

    def home(self, name):
        return self.folder / "home" / name

    def own(self, name, path):
        """Give a path to a student."""
        if self.apart:
            os.chown(path, self.ids[name], self.ids[name])

    def run(self, name, *command):
        """Run a command as a student, in her home -> subprocess.CompletedProcess."""
        box = ["bwrap", "--clearenv", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
        read, write = [sys.base_prefix, sys.prefix], [self.home(name), self.shared]
        above = {parent for path in read + write for parent in Path(path).parents}
        for place in sorted(above)[1:]:  # without / itself; a shorter path comes first
            box += ["--perms", "0755", "--dir", place]
        for place in (*SYSTEM, *read):
            box += ["--ro-bind-try", place, place]
        box += ["--ro-bind", self.passwd, "/etc/passwd"]
        for place in write:
            box += ["--bind", place, place]
        box += ["--setenv", "HOME", self.home(name), "--chdir", self.home(name)]
        box += ["--setenv", "PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin"]
        one = str(self.ids[name])
        if self.apart:
            box += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
            box += ["setpriv", "--reuid", one, "--regid", one, "--clear-groups"]
        else:
            box += ["--unshare-user", "--uid", one, "--gid", one]
        return subprocess.run(
            [*box, *command], capture_output=True, text=True, timeout=120, check=False
        )

    def among_them(self, *command):
        """A command that knows the students' names, with all rights of who runs this."""
        if not self.apart:
            return command
        box = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", self.passwd, "/etc/passwd"]
        return [*box, "--cap-add", "ALL", *command]


def _runs(*command):
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
