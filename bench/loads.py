"""Loads a file once, in a process of its own, and prints what it took.

usage: loads.py WAY FILE KEY

The time is from the path to what the framework gives, imports aside. `disk` is what had
to be read from the disk meanwhile (proc(5)).
"""
import json
import resource
import sys
import time

from measuring import processor_times

TENSOR = "tensor-17"


def one_pass(tensors):
    """Reads every byte once, as fast as memory gives it: the sum of its 64-bit words."""
    import torch
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


def torch_sealed(path, key):
    with weightmark.open_verified(path, policy(key)) as model:
        sealed = model.seal(model.name_of(path))
        return one_pass(safetensors.torch.load_file(sealed.path))


def tensor_plain(path, key):
    with safetensors.safe_open(path, "pt") as file:
        return one_pass({TENSOR: file.get_tensor(TENSOR)})


def tensor_verified(path, key):
    with weightmark.safetensors.safe_open(path, "pt", policy=policy(key)) as file:
        return one_pass({TENSOR: file.get_tensor(TENSOR)})


WAYS = {way.__name__.replace("_", "-"): way for way in
        (numpy_plain, numpy_verified, torch_plain, torch_private, torch_sealed, tensor_plain, tensor_verified)}


def disk_bytes():
    with open("/proc/self/io", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes:"))


def main(way, path, key):
    load = WAYS[way]
    if "torch" in way or "tensor" in way:
        import torch
        torch.ones(1 << 20).view(torch.int64).sum()  # starts its threads
    (busy, stolen), disk = processor_times(), disk_bytes()
    used, begin = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    found = load(path, key)
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF)
    user, system = after.ru_utime - used.ru_utime, after.ru_stime - used.ru_stime
    busy_after, stolen_after = processor_times()
    print(json.dumps({"wall": wall, "user": user, "sys": system, "peak_kib": after.ru_maxrss,
                      "disk": disk_bytes() - disk, "others": max(0.0, busy_after - busy - user - system),
                      "stolen": stolen_after - stolen, "found": found}))


if __name__ == "__main__":
    import safetensors
    import safetensors.numpy
    if not sys.argv[1].startswith("numpy"):
        import safetensors.torch
    import weightmark
    import weightmark.safetensors.numpy
    import weightmark.safetensors.torch
    main(*sys.argv[1:])
