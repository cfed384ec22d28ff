"""Loads a file, or saves what is in it, once, in a process of its own, and prints what it took.

usage: loads.py WAY FILE KEY [FOLDER PRIVATE_KEY]

The time of a load is from the path to what the framework gives, imports aside; that of a
save from PyTorch's tensors to a complete checkpoint in FOLDER. `disk` is what had to be
read from the disk meanwhile (proc(5)).

Before that, the memory that the load will ask for is touched and given back. Hypervisors take
from a machine what it has not used for two seconds (free page reporting), and then take longer
to give it again than a load takes; a machine that is nobody's guest loses nothing by it. Not
more is touched: that may make a hypervisor take the page cache.
"""
import json
import mmap
import os
import resource
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from measuring import processor_times

TENSOR = "tensor-17"
TOUCH = "touch"


def one_pass(tensors):
    """Reads every byte once, as fast as memory gives it: the sum of its 64-bit words."""
    return sum(int(tensor.view(torch.int64).sum()) for tensor in tensors.values())


def policy(key):
    import weightmark
    return weightmark.KeyTrust(key)


def numpy_plain(path, key):
    return len(safetensors.numpy.load_file(path))


def numpy_verified(path, key):
    return len(weightmark.safetensors.numpy.load_file(path, policy=policy(key)))


def torch_plain(path, key):
    return one_pass(safetensors.torch.load_file(path))


def torch_private(path, key):
    return one_pass(weightmark.safetensors.torch.load_file(path, policy=policy(key)))


def torch_unverified(path, key):
    """The same private memory, filled on all processors and not looked at: what the copy alone takes."""
    piece = 8 << 20
    size = os.stat(path).st_size
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_HUGEPAGE)
    with open(path, "rb", buffering=0) as file, ThreadPoolExecutor(os.cpu_count()) as threads:
        view, number = memoryview(memory), file.fileno()
        list(threads.map(lambda at: os.preadv(number, [view[at:at + piece]], at), range(0, size, piece)))
    begin = 8 + struct.unpack_from("<Q", memory)[0]
    places = (info["data_offsets"] for info in json.loads(memory[8:begin]).values())
    return one_pass({at: torch.frombuffer(memory, dtype=torch.uint8, count=end - at, offset=begin + at) for at, end in places})


def torch_copy(path, key):
    with weightmark.open_verified(path, policy(key)) as model:
        sealed = model.seal(model.name_of(path))
        return one_pass(safetensors.torch.load_file(sealed.path))


def tensor_plain(path, key):
    with safetensors.safe_open(path, "pt") as file:
        return one_pass({TENSOR: file.get_tensor(TENSOR)})


def tensor_verified(path, key):
    with weightmark.safetensors.safe_open(path, "pt", policy=policy(key)) as file:
        return one_pass({TENSOR: file.get_tensor(TENSOR)})


def save_plain(state, folder, _):
    dcp.save(state, storage_writer=dcp.FileSystemWriter(folder), no_dist=True)


def save_signed(state, folder, private):
    dcp.save(state, storage_writer=checkpoint.SignedFileSystemWriter(folder, signer=weightmark.KeySigner(private)),
             no_dist=True)


SAVES = {"save-plain": save_plain, "save-signed": save_signed}
WAYS = {way.__name__.replace("_", "-"): way for way in
        (numpy_plain, numpy_verified, torch_plain, torch_private, torch_unverified, torch_copy, tensor_plain,
         tensor_verified)}
WAYS["torch-sealed"] = torch_private  # of a file that the kernel keeps sealed
# The memory that is asked for, in sizes of the file, and somewhat more; the package safetensors
# makes NumPy's arrays of a copy.
FRESH = {"numpy-plain": 2.2, "numpy-verified": 1.1, "torch-private": 1.1, "torch-unverified": 1.1, "torch-copy": 1.1,
         "tensor-plain": 0.1, "tensor-verified": 0.1, "save-plain": 1.3, "save-signed": 1.3}


def require_seal(path, key):
    with weightmark.open_verified(path, policy(key)) as model:
        if model.open(model.name_of(path)).coverage != "kernel":
            raise SystemExit(f"{path} is not sealed")


def touch(way, path):
    """Has the kernel give memory, and gives it back; in a process of its own, as this one's peak is measured."""
    size = int(FRESH.get(way, 0) * os.stat(path).st_size)
    if size:
        subprocess.run([sys.executable, "-B", __file__, TOUCH, str(size)], check=True)


def touch_here(size):
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        for at in range(0, size, mmap.PAGESIZE):
            memory[at] = 1


def disk_bytes():
    with open("/proc/self/io", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes:"))


def prepared(way, path, key, folder=None, private=None):
    """What is to be measured, as a function."""
    if way in SAVES:
        state = {name: tensor.clone() for name, tensor in safetensors.torch.load_file(path).items()}
        touch(way, path)
        return lambda: SAVES[way](state, folder, private)
    if way == "torch-sealed":
        require_seal(path, key)
    touch(way, path)
    if "torch" in way or "tensor" in way:
        torch.ones(1 << 20).view(torch.int64).sum()  # starts its threads,
        time.sleep(0.1)  # which spin for some milliseconds afterwards, and would take a processor from the load
    return lambda: WAYS[way](path, key)


def main(*arguments):
    work = prepared(*arguments)
    (busy, stolen), disk = processor_times(), disk_bytes()
    used, begin = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    found = work()
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF)
    user, system = after.ru_utime - used.ru_utime, after.ru_stime - used.ru_stime
    busy_after, stolen_after = processor_times()
    print(json.dumps({"wall": wall, "user": user, "sys": system, "peak_kib": after.ru_maxrss,
                      "disk": disk_bytes() - disk, "others": max(0.0, busy_after - busy - user - system),
                      "stolen": stolen_after - stolen, "found": found}))


if __name__ == "__main__":
    if sys.argv[1] == TOUCH:
        sys.exit(touch_here(int(sys.argv[2])))
    import safetensors
    import safetensors.numpy
    if not sys.argv[1].startswith("numpy"):
        import safetensors.torch
        import torch
    if sys.argv[1] in SAVES:
        import torch.distributed.checkpoint as dcp
        from weightmark.torch import checkpoint
    import weightmark
    import weightmark.safetensors.numpy
    import weightmark.safetensors.torch
    main(*sys.argv[1:])
