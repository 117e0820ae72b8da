"""A throw-away Slurm on this machine: one controller, two pretend nodes, no root, no systemd."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
SITE = "workers = 2\ntimeout_min = 5\nmem_gb = 1\ncpus_per_task = 1\n"  # a site file's words
PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "squeue", "scontrol")
NODES = ("n1", "n2")
CONFIG = """\
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.sock,cred_expire=5
CredType=cred/munge
SlurmctldPort={port}
StateSaveLocation={folder}/ctld
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=200
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=2,bf_interval=2
MpiDefault=none
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
MaxArraySize=1001
ReturnToService=2
JobRequeue=1
KillWait=3
SlurmdTimeout=10
PropagateResourceLimits=NONE
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] \\
  CPUs=2 RealMemory=4000 Gres=gpu:fake:1
PartitionName=work Nodes=ALL Default=YES DefaultTime=5 MaxTime=60 State=UP
"""


def program(name):
    """Where it is; daemons lie in sbin, which is not on everybody's path."""
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def free_ports(count):
    """Ports in a row that nobody listens on; two processes begin their search apart."""
    start = 17_000 + os.getpid() % 1000 * 10
    for first in range(start, 30_000, 10):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
    raise RuntimeError("no free ports in a row")


def _is_gone(process):
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _steps(process):
    """What of Slurm watches over it."""
    try:
        return [above for above in process.parents() if above.name() == "slurmstepd"]
    except psutil.NoSuchProcess:
        return []


class Slurm:
    """Up with `start`, down with `stop`; `environment` is what its clients need."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.environment = {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def start(self):
        folder, host = self.folder, socket.gethostname().split(".")[0]
        for name in ("run", "ctld", "dev", *(f"spool-{node}" for node in NODES)):
            (folder / name).mkdir(parents=True, exist_ok=True)
        first = free_ports(4)
        user = os.environ.get("USER") or subprocess.check_output(["id", "-un"], text=True).strip()
        text = CONFIG.format(
            host=host, user=user, folder=folder, port=first, first=first + 1, last=first + 2
        )
        (folder / "slurm.conf").write_text(text)
        # pretend GPUs: links to character devices, which Slurm hands out as it would real ones
        gpu = folder / "dev" / "gpu0"
        gpu.symlink_to("/dev/null")
        (folder / "gres.conf").write_text(f"AutoDetect=off\nName=gpu Type=fake File={gpu}\n")
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        run = folder / "run"
        subprocess.Popen(
            [
                program("munged"), "--foreground", "--force", f"--socket={run}/munge.sock",
                f"--key-file={key}", f"--pid-file={run}/munged.pid",
                f"--log-file={folder}/munged.log", f"--seed-file={folder}/munge.seed",
            ],
            env=os.environ | self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._until(lambda: (run / "munge.sock").exists(), "munged")
        self._daemon("slurmctld", "-f", f"{folder}/slurm.conf")
        for node in NODES:
            self.start_node(node)
        self._until(lambda: self.states().count("idle") == len(NODES), "the nodes")

    def start_node(self, name):
        self._daemon("slurmd", "-f", f"{self.folder}/slurm.conf", "-N", name)

    def kill_node(self, name):
        """Kill its daemon and all that it runs; returns once they are gone."""
        pid = int((self.folder / "run" / f"slurmd-{name}.pid").read_text())
        self._kill([psutil.Process(pid)])
        self._kill(self._processes(SLURMD_NODENAME=name))

    def states(self):
        """State of each node, as sinfo says it."""
        return self.ask("sinfo", "-h", "-N", "-o", "%T").split()

    def ask(self, *command):
        """What a client prints."""
        done = subprocess.run(
            command, env=os.environ | self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout

    def stop(self):
        """End the daemons and whatever still runs under them."""
        running = list(self._processes())
        self._kill(running + [step for process in running for step in _steps(process)])

    def _processes(self, **environment):
        """What was started with these variables by this Slurm, as daemon or as job."""
        wanted = (self.environment | environment).items()
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if wanted <= process.environ().items() and process.pid != os.getpid():
                    yield process

    def _kill(self, processes):
        processes = list(processes)
        for process in processes:
            with suppress(psutil.Error):
                process.kill()
        # their locks last until they are gone
        self._until(lambda: all(map(_is_gone, processes)), "the end of killed processes")

    def _daemon(self, name, *arguments):
        subprocess.run(
            [program(name), *arguments], check=True, env=os.environ | self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30,
        )  # fmt: skip

    def _until(self, ready, what, seconds=30):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                logs = "\n".join(log.read_text()[-500:] for log in self.folder.glob("*.log"))
                raise RuntimeError(f"{what}: nothing in {seconds} s:\n{logs}")
            time.sleep(0.1)


def slurm_cluster(tmp_path_factory):
    """A Slurm that is up; its clients find it by the environment. To be made a fixture."""
    missing = [name for name in PROGRAMS if program(name) is None]
    if missing:
        stop = pytest.fail if os.environ.get("CI") else pytest.skip
        stop(f"This machine lacks {', '.join(missing)} (Debian: slurm-wlm munge).")
    folder = tmp_path_factory.mktemp("slurm")
    for above in (folder, *folder.parents):  # munge wants its socket to be reachable by all
        if above.owner() == folder.owner() and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o055)
    slurm = Slurm(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.environ["PATH"] + ":/usr/sbin")
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        patch.setenv("SLURM_CONF", slurm.environment["SLURM_CONF"])
        try:
            try:
                slurm.start()
            except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
                pytest.skip(f"Slurm does not come up on this machine: {problem}")
            yield slurm
        finally:
            slurm.stop()
