"""Limits of a hand-in as a whole: memory, files, processes, time, and the output that is kept.

The limits of a process are none for a hand-in, which may start many. So a thread looks at the
sandbox four times a second, and ends it when all in it together have used too much.
"""

import os
import re
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import psutil
import zmq
from jupyter_core.utils import run_sync
from nbgrader.preprocessors import Execute
from traitlets import Integer

MESSAGE = 20_000_000  # bytes of a kernel's message: ZeroMQ reads no larger one, and disconnects
# at most 10 of them wait to be read; what cannot be sent within a second raises zmq.Again
SOCKETS = {zmq.MAXMSGSIZE: MESSAGE, zmq.RCVHWM: 10, zmq.SNDTIMEO: 1000}
MANY = 10_000  # files, also empty ones
TASKS = 512 + 16 * os.cpu_count()  # processes and threads: libraries start some per processor
SPARE = 500_000_000  # bytes of memory that the machine keeps free
AT_ONCE = f"it printed or showed more than {MESSAGE / 1e6:g} MB at once, or cut the connection"
PAGE = os.sysconf("SC_PAGE_SIZE")


class LimitError(RuntimeError):
    """A hand-in has used more than it may; the message says of what."""


class Watch(threading.Thread):
    """Ends a sandbox that uses too much.

    Args:
        first: psutil.Process with number 1 in the sandbox; all others end with it.
        folders: paths in the sandbox, each a file system in memory.
        bounds: has `memory` and `files` (bytes), `processes`, and `seconds`.

    Attributes:
        excess: str, what was too much; "" if nothing was.
    """

    def __init__(self, first, folders, bounds):
        super().__init__(daemon=True)
        self.first, self.bounds, self.excess = first, bounds, ""
        self.root = Path(f"/proc/{first.pid}/root")
        self.folders = [f"{self.root}{folder}" for folder in folders]
        self.end = monotonic() + bounds.seconds

    def run(self):
        failed = 0
        while self._alive():
            try:
                self.excess, failed = self._excess(), 0
            except OSError:  # also when the sandbox is just ending
                failed += 1
                self.excess = "it could not be watched" if failed > 8 else ""
            if self.excess:
                with suppress(psutil.NoSuchProcess):
                    self.first.kill()
                return
            sleep(0.25)

    def _alive(self):
        with suppress(psutil.NoSuchProcess):
            return self.first.is_running() and self.first.status() != psutil.STATUS_ZOMBIE
        return False

    def _excess(self):
        bounds, places = self.bounds, [os.statvfs(folder) for folder in self.folders]
        processes = [each for each in (self.root / "proc").iterdir() if each.name.isdigit()]
        files = sum((place.f_blocks - place.f_bfree) * place.f_frsize for place in places)
        memory = files + sum(map(resident, processes))
        if memory > bounds.memory:  # counted too often: what processes share
            memory = files + sum(map(proportional, processes))
        used = {
            f"it used more than {bounds.memory / 1e9:g} GB of memory": memory > bounds.memory,
            f"it wrote more than {bounds.files / 1e6:g} MB": files > bounds.files,
            f"it made more than {MANY:,} files":
                sum(place.f_files - place.f_ffree for place in places) > MANY,
            f"it started more than {bounds.processes} processes":
                len(processes) > bounds.processes,
            f"it ran longer than {bounds.seconds / 60:g} minutes": monotonic() > self.end,
            "the machine ran out of memory": psutil.virtual_memory().available < SPARE,
        }  # fmt: skip
        return next((words for words, too_much in used.items() if too_much), "")


def resident(process):
    """Count a process's memory in bytes, shared or not; `process` is its folder in /proc."""
    with suppress(OSError):
        return int((process / "statm").read_text().split()[1]) * PAGE
    return 0


def proportional(process):
    """Count a process's memory in bytes: what n processes share is one n-th of each."""
    with suppress(OSError):
        text = (process / "smaps_rollup").read_text()
        return 1024 * sum(map(int, re.findall(r"^(?:Pss|SwapPss):\s+(\d+)", text, re.MULTILINE)))
    return resident(process)


class LimitedExecute(Execute):
    """Runs a hand-in; ends it at a limit, with a sentence, and keeps no endless output."""

    seconds = Integer(600, help="for all cells; then each later cell has 1 s").tag(config=True)
    kept = Integer(20_000_000, help="bytes that are kept of all cells").tag(config=True)

    def create_kernel_manager(self):
        self.manager = super().create_kernel_manager()
        return self.manager

    async def async_start_new_kernel_client(self):
        client = await super().async_start_new_kernel_client()
        self.lost = client.iopub_channel.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        return client

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    def preprocess(self, nb, resources, km=None):
        end, self.got = monotonic() + self.seconds, 0
        self.timeout_func = lambda cell: max(1, min(self.timeout, end - monotonic()))
        try:
            done = super().preprocess(nb, resources, km)
        except zmq.Again:
            raise LimitError(AT_ONCE) from None
        except Exception:
            if not self._excess():
                raise
        if self._excess():
            raise LimitError(self._excess())
        return done

    def _excess(self):
        watch = getattr(self.manager, "watch", None)
        return watch.excess if watch else ""

    def process_message(self, msg, cell, cell_index):
        kept = msg["msg_type"] in ("status", "execute_input")  # of these no content is kept
        if kept or self._fits(msg["content"], *msg["buffers"]):
            return super().process_message(msg, cell, cell_index)

    def on_cell_executed(self, **kw):
        if self.lost.get(zmq.EVENTS) & zmq.POLLIN:
            raise LimitError(AT_ONCE)
        reply = kw["execute_reply"]["content"]
        if reply["status"] == "error" and not self._fits(reply):
            reply |= {"ename": str(reply["ename"])[:100], "evalue": "", "traceback": []}
        super().on_cell_executed(**kw)

    def _fits(self, *parts):
        """Whether there is room for these parts of a message; counts them."""
        before = self.got
        self.got += sum(len(part if isinstance(part, bytes) else str(part)) for part in parts)
        if before <= self.kept < self.got:
            self.log.warning("Output beyond %g MB was left out", self.kept / 1e6)
        return self.got <= self.kept
