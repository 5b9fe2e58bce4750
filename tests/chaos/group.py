"""Workers of one group, and the supervisor that keeps them running."""

import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.chaos.disk import SmallDisk
from tests.integration.workers import WorkerProcess

#: Longer than the session timeout of `WorkerProcess`, so that the group removes a paused worker.
PAUSE_S = 9.0


class Member(WorkerProcess):
    """A worker process with fault points."""

    module = "tests.chaos.faulty_worker"

    def __init__(self, bootstrap: str, namespace: str, directory: Path, **environment: str) -> None:
        self.arm_file = directory / "arm"
        super().__init__(bootstrap, namespace, directory, CHAOS_ARM=str(self.arm_file), **environment)
        self.data = directory / "data"
        self.disk: SmallDisk | None = None
        self.wake_at: float | None = None
        self.leaving = False

    def arm(self, point: str, action: str) -> None:
        """Trigger ``action`` the next time the worker reaches ``point``."""
        fresh = self.arm_file.with_suffix(".new")
        fresh.write_text(f"{point} {action}")
        fresh.rename(self.arm_file)

    def disarm(self) -> None:
        self.arm_file.unlink(missing_ok=True)

    @property
    def armed(self) -> bool:
        return self.arm_file.exists()

    def fired(self) -> list[str]:
        """The actions that were triggered, each with its point."""
        path = self.arm_file.with_suffix(".fired")
        return path.read_text().splitlines() if path.exists() else []

    def pause(self) -> None:
        self.send(signal.SIGSTOP)

    def terminate(self) -> None:
        self.send(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    @property
    def exit_code(self) -> int | None:
        assert self.process is not None
        return self.process.poll()

    @property
    def stopped(self) -> bool:
        """Whether SIGSTOP has stopped the process."""
        assert self.process is not None
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        except FileNotFoundError:
            return False
        return stat.rpartition(")")[2].split()[0] == "T"


class Group:
    """The workers; ``tend`` restarts and resumes them, as a supervisor does.

    Args:
        disks: give each worker a small disk of its own. Raises NoDiskError where that is impossible.
        environment: further variables of the workers.
    """

    def __init__(
        self, bootstrap: str, namespace: str, directory: Path, disks: bool = False, **environment: str
    ) -> None:
        self._bootstrap, self._namespace, self._directory = bootstrap, namespace, directory
        self._environment = environment
        self._disks = disks
        self.members: list[Member] = []
        self.gone: list[Member] = []
        self.restarts = 0
        self._quiet = False  # whether no fault is active that could end a worker
        self.refusing: str | None = None
        """The topic to which the broker refuses writes, if any."""
        self.faults: list[str] = []
        self._ends: Counter[str] = Counter()

    def add(self) -> Member:
        number = len(self.members) + len(self.gone)
        directory = self._directory / f"worker-{number}"
        member = Member(self._bootstrap, self._namespace, directory, **self._environment)
        if self._disks:
            member.disk = SmallDisk(member.data)
        member.start()
        self.members.append(member)
        return member

    def pick(self, number: int, busy: Callable[[Member], bool] = lambda _: True) -> Member:
        """A member that is neither paused nor leaving; a busy one if there is any."""
        awake = [member for member in self.members if member.wake_at is None and not member.leaving]
        candidates = [member for member in awake if busy(member)] or awake or self.members
        return candidates[number % len(candidates)]

    def wipe(self, member: Member) -> None:
        """Kill a worker and delete its data; the supervisor restarts it."""
        member.kill()
        for path in member.data.glob("*"):
            shutil.rmtree(path)

    def tend(self) -> None:
        """Restart dead workers, resume workers paused for `PAUSE_S`, remove those that have left."""
        for member in list(self.members):
            if member.exit_code is not None:
                self._on_exit(member)
            elif member.wake_at is not None and time.monotonic() >= member.wake_at:
                member.wake_at = None
                member.send(signal.SIGCONT)
            elif member.wake_at is None and member.stopped:
                member.wake_at = time.monotonic() + PAUSE_S

    def _on_exit(self, member: Member) -> None:
        member.wake_at = None
        self._judge_end(member)
        if member.disk is not None and member.disk.full:
            member.disk.free()
        if member.leaving:
            self.members.remove(member)
            self.gone.append(member)
            if self._quiet and member.exit_code != 0:
                self.faults.append(f"exit code {member.exit_code} on SIGTERM:\n{member.tail()}")
            return
        if member.exit_code == 0:
            self.faults.append(f"unexpected exit with code 0:\n{member.tail()}")
        self.restarts += 1
        member.start()

    def _judge_end(self, member: Member) -> None:
        """Count why the worker ended. Unless it was killed, its last log line must state the reason."""
        if member.exit_code in (0, -signal.SIGKILL) or (
            member.leaving and member.exit_code == -signal.SIGTERM
        ):
            return  # a worker that has only begun to start has no handler for SIGTERM yet
        reason = member.tail(1)
        if member.exit_code != 1 or not reason.startswith("anomaly-stream: "):
            self.faults.append(f"exit code {member.exit_code} without a reason:\n{member.tail()}")
        elif "No space left on device" in reason and member.disk is not None and member.disk.full:
            self._ends["ended by a full disk"] += 1
        elif self.refusing is not None and ("MessageSizeTooLarge" in reason or "max_message" in reason):
            self._ends[f"ended by a refusal of {self.refusing}"] += 1

    def finish(self) -> None:
        """Resume all workers, disarm the points, and free the disks."""
        for member in self.members:
            member.disarm()
            if member.disk is not None and member.disk.full:
                member.disk.free()
            if member.stopped:
                member.wake_at = None
                member.send(signal.SIGCONT)

    def happened(self) -> Counter[str]:
        """Number of triggered actions by point, and of ends of workers by reason."""
        fired = [line for member in (*self.members, *self.gone) for line in member.fired()]
        return self._ends + Counter(fired) + Counter(f"at {line.split()[1]}" for line in fired)

    def stop(self) -> None:
        """Send SIGTERM to all; each must exit with 0."""
        self._quiet = True
        for member in self.members:
            member.leaving = True
            member.send(signal.SIGTERM)
        deadline = time.monotonic() + 30
        while self.members and time.monotonic() < deadline:
            self.tend()
            time.sleep(0.05)
        for member in self.members:
            self.faults.append(f"still running 30 s after SIGTERM:\n{member.tail()}")

    def kill(self) -> None:
        for member in self.members:
            if member.exit_code is None:
                member.kill()

    def close(self, keep: bool) -> None:
        """Kill the remaining workers and unmount the disks; ``keep`` copies their contents."""
        self.kill()
        for member in [*self.members, *self.gone]:
            if member.disk is not None:
                member.disk.unmount(member.directory / "data-kept" if keep else None)
                member.disk = None
