"""Several processes with gloo between them.

    run(2, "save", folder, key)     # calls RANKS["save"](folder, key) in each

As a program: ranks.py STORE WORLD RANK RESULT NAME ARGUMENTS..., which writes what the
function returned as JSON.
"""
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

RANKS = {}


def rank_function(function):
    RANKS[function.__name__] = function
    return function


def run(world, name, *arguments, statuses=None):
    """Returns what each rank returned. `statuses` are expected, where not all 0; None is any."""
    with tempfile.TemporaryDirectory() as folder:
        store, results = Path(folder, "store"), [Path(folder, str(rank)) for rank in range(world)]
        environment = {**os.environ, "MASTER_ADDR": "127.0.0.1", "OMP_NUM_THREADS": "1", "PYTHONFAULTHANDLER": "1"}
        started = [subprocess.Popen([sys.executable, __file__, store, str(world), str(rank), results[rank], name,
                                     *map(str, arguments)], env=environment, stderr=subprocess.PIPE, text=True)
                   for rank in range(world)]
        said = [one.communicate(timeout=120)[1] for one in started]
        for rank, (one, wanted) in enumerate(zip(started, statuses or [0] * world)):
            assert wanted is None or one.returncode == wanted, f"rank {rank}: {one.returncode}\n{said[rank]}"
        return [json.loads(path.read_text()) if path.exists() else None for path in results]


def main(store, world, rank, result, name, *arguments):
    from datetime import timedelta

    import torch.distributed

    import test_dcp  # noqa: F401, whose functions these are
    import training_ranks  # noqa: F401

    warnings.simplefilter("ignore")
    torch.distributed.init_process_group("gloo", f"file://{store}", timedelta(seconds=30), int(world), int(rank))
    # This module is there twice: as the program, and as what test_dcp imports.
    returned = sys.modules["ranks"].RANKS[name](*arguments)
    Path(result).write_text(json.dumps(returned))
    # Gloo now and then aborts in a rank whose peer goes while its threads still listen. Where a
    # rank has failed, as some are meant to, there is nobody to wait for.
    with contextlib.suppress(RuntimeError):
        torch.distributed.barrier()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
