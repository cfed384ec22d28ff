"""What the machine is, in terms that mean something elsewhere."""
import os
import platform
from pathlib import Path

FLAGS = ("sha_ni", "avx2", "avx512f", "avx512bw", "avx512vl", "avx512_vbmi2", "gfni", "asimd", "sha2")


def cpuinfo():
    """The first processor's fields."""
    fields = {}
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if not line.strip():
                break
            name, _, value = line.partition(":")
            fields[name.strip()] = value.strip()
    return fields


def last_cache():
    """The size of the last level of cache, as the kernel writes it: "32768K"."""
    levels = {}
    for index in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        levels[int((index / "level").read_text())] = (index / "size").read_text().strip()
    size = levels[max(levels)] if levels else ""
    return f"{int(size[:-1]) // 1024} MiB" if size.endswith("K") else size


def memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def facts():
    cpu = cpuinfo()
    flags = (cpu.get("flags") or cpu.get("Features") or "").split()
    threads, cores = int(cpu.get("siblings", 0)), int(cpu.get("cpu cores", 0))
    return {
        "cpu": cpu.get("model name", platform.machine()),
        "family": ", ".join(f"{name} {cpu[key]}" for name, key in
                            (("family", "cpu family"), ("model", "model"), ("stepping", "stepping")) if key in cpu),
        "processors": len(os.sched_getaffinity(0)),
        "threads_per_core": threads // cores if cores else None,
        "flags": [flag for flag in FLAGS if flag in flags],
        "cache": last_cache(),
        "virtual": "hypervisor" in flags,
        "memory_gib": round(memory_gib(), 1),
        # Without what a distributor or a provider appends.
        "kernel": f"{platform.system()} {platform.release().split('-')[0]}",
    }
