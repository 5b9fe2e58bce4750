"""A small disk for the data of one worker, which can be filled and freed."""

import os
import shutil
import subprocess
from pathlib import Path

SIZE_KIB = 32 * 1024
_LOOKS = 20


class NoDiskError(Exception):
    """File systems cannot be mounted here; the message says why."""


class SmallDisk:
    """A tmpfs of a fixed size, mounted on ``path``. Needs root, or ``sudo`` without a password."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.full = False
        path.mkdir(parents=True, exist_ok=True)
        owner = f"uid={os.getuid()},gid={os.getgid()},mode=0700"
        _run("mount", "-t", "tmpfs", "-o", f"size={SIZE_KIB}k,{owner}", "tmpfs", str(path))

    def fill(self) -> None:
        """Leave no space: from now on writes fail with ENOSPC.

        A size below what is used is refused; a worker may write between our look and our remount.
        """
        for _ in range(_LOOKS):
            try:
                self._resize(max(4, self._used_kib()))
            except NoDiskError as error:
                refused = error
            else:
                self.full = True
                return
        raise refused

    def free(self) -> None:
        """Free the space."""
        self._resize(SIZE_KIB)
        self.full = False

    def unmount(self, keep: Path | None = None) -> None:
        """Unmount the disk; its contents are copied to ``keep`` first."""
        if keep is not None:
            shutil.copytree(self._path, keep, dirs_exist_ok=True)
        _run("umount", "--lazy", str(self._path))

    def _resize(self, kib: int) -> None:
        _run("mount", "-o", f"remount,size={kib}k", str(self._path))

    def _used_kib(self) -> int:
        stat = os.statvfs(self._path)
        return (stat.f_blocks - stat.f_bfree) * stat.f_frsize // 1024


def _run(*command: str) -> None:
    privileged = command if os.geteuid() == 0 else ("sudo", "-n", *command)
    try:
        done = subprocess.run(privileged, capture_output=True, text=True)
    except OSError as error:
        raise NoDiskError(f"{privileged[0]}: {error}") from error
    if done.returncode:
        raise NoDiskError(f"`{' '.join(privileged)}`: {done.stderr.strip()}")
