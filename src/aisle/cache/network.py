"""Folders that several machines share, on which SQLite's write-ahead log must not be used."""

from __future__ import annotations

import re
from pathlib import Path

_SHARED = frozenset(
    {"afs", "beegfs", "ceph", "cifs", "gfs2", "glusterfs", "gpfs", "lustre", "nfs", "nfs4", "ocfs2"}
    | {"smb2", "smb3", "smbfs", "fuse.ceph", "fuse.glusterfs", "fuse.juicefs", "fuse.s3fs"}
    | {"fuse.sshfs"}
)
_MOUNTS = Path("/proc/self/mounts")


def network_of(folder: Path, mounts: Path = _MOUNTS) -> str | None:
    """Name the network file system that a folder lies on.

    Parameters
    ----------
    folder
        It need not exist.
    mounts
        The system's table of mounted file systems.

    Returns
    -------
    str or None
        Such as ``nfs4``; None for a local disk, and where the system does not tell (it is Linux
        alone that does).
    """
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    around = {str(path) for path in (folder.resolve(), *folder.resolve().parents)}
    kinds: dict[str, str] = {}
    for line in table.splitlines():
        _, point, kind, *_ = line.split(" ")
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), point)
        if point in around:
            kinds[point] = kind  # a later mount covers an earlier one
    kind = kinds[max(kinds, key=len)] if kinds else ""
    return kind if kind in _SHARED else None
