"""Between the examiner and a student's kernel: lines of text, passed on and not looked into."""

import inspect
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty

from jupyter_core.utils import run_sync

from . import answering
from .limits import SOCKETS

COURSE = Path(__file__).resolve().parents[1]
STOPPED = {"cards": [], "problem": "The test was stopped: too much time or memory.", "changed": []}
RUNNING, LOCK = {}, threading.Lock()


class Conversation:
    """A kernel answers the examiner.

    Args:
        manager: of the kernel.
    """

    def __init__(self, manager):
        self.manager = manager
        self.client = manager.blocking_client()
        for option, value in SOCKETS.items():
            self.client.context.setsockopt(option, value)
        self.client.start_channels(iopub=False, stdin=False, hb=False, control=False)

    def close(self):
        self.client.stop_channels()

    def examine(self, test, answers, limit):
        """Run a hidden test, as `examiner.examined` does; for `limit` seconds at most."""
        return self._ask({"test": test, "answers": answers}, limit)

    def changed(self, limit):
        """List what runs the tests in the kernel and is not what it was; None without an answer."""
        look = self._evaluate("_asked['look']()", time.monotonic() + limit)
        return None if look is None else self._ask({"look": look}, limit)["changed"]

    def _ask(self, line, limit):
        """Pass a question to the examiner, and its own questions to the kernel."""
        with LOCK:
            process, deadline = examiner(), time.monotonic() + limit
            timer = threading.Timer(limit + 5, process.kill)
            timer.start()
            try:
                while True:
                    process.stdin.write(json.dumps(line) + "\n")
                    process.stdin.flush()
                    answer = json.loads(process.stdout.readline())
                    if "ask" not in answer:
                        return answer
                    call = f"_asked['reply']({answer['ask']}, {answer['arguments']!r})"
                    line = self._evaluate(call, deadline)
            except (OSError, ValueError):  # it has ended
                process.kill()
                process.wait()
                return STOPPED
            finally:
                timer.cancel()

    def _evaluate(self, call, deadline):
        """Evaluate an expression in the kernel, with `answering.py` as `_asked`.

        Returns:
            str, the result as Python writes it; None if there is none in time.
        """
        source = inspect.getsource(answering)
        expression = f"(lambda _asked: (exec({source!r}, _asked), {call})[1])({{}})"
        asked = {"user_expressions": {"it": expression}, "allow_stdin": False}
        sent = self.client.execute("", silent=True, store_history=False, **asked)
        while time.monotonic() < deadline:
            try:
                message = self.client.shell_channel.get_msg(timeout=1)
                if message["parent_header"]["msg_id"] == sent:
                    return _result(message["content"]["user_expressions"]["it"])
            except Empty:
                if not run_sync(self.manager.is_alive)():
                    return None
            except Exception:  # not a message of Jupyter's protocol
                return None
        run_sync(self.manager.interrupt_kernel)()
        return None


def _result(found):
    if found["status"] == "ok":
        return str(found["data"]["text/plain"])
    return repr(json.dumps({"error": [str(found["ename"]), str(found["evalue"])]}))


def examiner():
    """The examiner's process, started if it does not run or the hidden tests have changed.

    Raises:
        RuntimeError: if it does not start.
    """
    state = max(path.stat().st_mtime_ns for path in Path(__file__).parent.glob("*.py"))
    if state not in RUNNING or RUNNING[state].poll() is not None:
        for process in RUNNING.values():
            process.kill()
        RUNNING.clear()
        path = os.pathsep.join(filter(None, [str(COURSE), os.environ.get("PYTHONPATH")]))
        RUNNING[state] = subprocess.Popen(
            [sys.executable, "-P", "-m", "checks.examiner"], cwd=COURSE, text=True,
            env=os.environ | {"PYTHONPATH": path}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if not RUNNING[state].stdout.readline():
            raise RuntimeError("The examiner does not start; see: python -m checks.examiner")
    return RUNNING[state]
