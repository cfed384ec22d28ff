"""What a process knows of where it runs. Frameworks are looked at where they are loaded, never imported."""
from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import os
import re
import sys
from typing import Any, List, Mapping, NamedTuple, Optional, Set

__all__ = ["World", "distributions", "hardware", "joined", "world"]


class World(NamedTuple):
    """The processes of a launch, and which of them this is."""

    nodes: int
    ranks: int
    rank: int


def _number(environment: Mapping[str, str], *names: str) -> Optional[int]:
    for name in names:
        text = environment.get(name, "")
        if re.fullmatch(r"[0-9]{1,9}", text):
            return int(text)
    return None


def world(environment: Mapping[str, str] = os.environ) -> Optional[World]:
    """What torchrun, else srun, else mpirun told this process."""
    launchers = [  # rank, ranks, nodes, ranks of a node
        ("RANK", "WORLD_SIZE", ("GROUP_WORLD_SIZE", "NNODES"), "LOCAL_WORLD_SIZE"),
        ("SLURM_PROCID", "SLURM_NTASKS", ("SLURM_STEP_NUM_NODES", "SLURM_NNODES"), "SLURM_NTASKS_PER_NODE"),
        ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", (), "OMPI_COMM_WORLD_LOCAL_SIZE"),
    ]
    for rank_name, size_name, nodes_names, local_name in launchers:
        rank, ranks = _number(environment, rank_name), _number(environment, size_name)
        if rank is None or ranks is None or rank >= ranks:
            continue
        local = _number(environment, local_name) or ranks
        nodes = _number(environment, *nodes_names) or -(-ranks // local)
        return World(min(nodes, ranks), ranks, rank)
    return None


def joined(known: Optional[World]) -> World:
    """What PyTorch's process group says, where this process is in one; else what was known, or one process."""
    known = known or World(1, 1, 0)
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return known
    ranks = distributed.get_world_size()
    return World(min(known.nodes, ranks), ranks, distributed.get_rank())


def _driver() -> Optional[str]:
    with contextlib.suppress(OSError):
        with open("/proc/driver/nvidia/version", encoding="ascii", errors="replace") as file:
            found = re.search(r"Kernel Module.*?\s(\d+(?:\.\d+)+)\s", file.read(4096))
        return found.group(1) if found else None
    return None


def _used_devices(cuda: Any) -> List[str]:
    """The names of the devices on which this process has had memory, one for each."""
    return [cuda.get_device_name(at) for at in range(cuda.device_count()) if cuda.max_memory_allocated(at)]


def hardware() -> Optional[dict[str, Any]]:
    """The accelerators that this process used by PyTorch: {"accelerators": [...], "runtime": "cuda 12.8"}.

    None where PyTorch is not loaded or used none. A driver that was not started is not
    started: a process that did would no longer be able to fork.
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    names = _used_devices(torch.cuda)
    version = torch.version
    hip = getattr(version, "hip", None)
    driver = None if hip else _driver()
    accelerators: List[dict[str, Any]] = []
    for name in sorted(set(names)):
        found: dict[str, Any] = {"model": name, "count": names.count(name)}
        accelerators.append({**found, "driver": driver} if driver else found)
    if not accelerators:
        return None
    return {"accelerators": accelerators, "runtime": f"rocm {hip}" if hip else f"cuda {version.cuda}"}


def _loaded() -> Set[str]:
    """The top-level modules that files were loaded for, without those of Python itself."""
    found = set()
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and getattr(module, "__spec__", None) is not None:
            found.add(top)
    return found - {"__main__"}


@functools.lru_cache(maxsize=1)
def _owners() -> Mapping[str, List[str]]:
    """{"torch": ["torch"]}; reading it takes some tenths of a second."""
    return importlib.metadata.packages_distributions()


def distributions() -> dict[str, str]:
    """{"torch": "2.8.0"}: the installed distributions of which modules are loaded."""
    loaded = _loaded()
    found: dict[str, str] = {}
    for name, owners in _owners().items():
        if name not in loaded:
            continue
        for owner in owners:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                found[owner] = importlib.metadata.version(owner)
    return dict(sorted(found.items()))
