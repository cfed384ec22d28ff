"""What the project promises, and whether this measurement keeps it."""
from dataclasses import dataclass
from typing import Optional

from measuring import summary
from results import rate, share_of


@dataclass
class Target:
    case: str
    against: str
    wanted: str
    measured: str
    met: Optional[bool]  # None: not measured


def times(case, against, wanted, ratio, what="faster"):
    text = f"{wanted:g} times {what}"
    if ratio is None:
        return Target(case, against, text, "not measured", None)
    measured = f"{ratio['median']:.2f} times ({ratio['min']:.2f}–{ratio['max']:.2f})"
    return Target(case, against, text, measured, ratio["median"] >= wanted)


def share(case, against, wanted, part, detail):
    text = f"{wanted:.0%}"
    if part is None:
        return Target(case, against, text, "not measured", None)
    measured = f"{part['median']:.0%} ({part['min']:.0%}–{part['max']:.0%}){detail}"
    return Target(case, against, text, measured, part["median"] >= wanted)


def of_text(run, of):
    return f", {rate(run):.2f} of {of:.2f} GB/s" if run and of else ""


def against_python(results):
    tree, files = "verify-tree", "verify-files"
    found = []
    for case, title, command, wanted in (("1x4GiB", "1 x 4 GiB, warm, verify by the tree", tree, 6),
                                         ("4x1GiB", "4 x 1 GiB, warm, verify by the tree", tree, 3.5),
                                         ("163x16MiB", "163 x 16 MiB, warm, verify whole files", files, 3.5)):
        ratio = results.ratio(results.run(case, "python-verify"), results.run(case, command))
        found.append(times(title, "the Python client", wanted, ratio))
    return found


def end_to_end(results):
    run = results.run("1x4GiB", "verify-tree")
    kernel = results.beside("1x4GiB", f"sha256/{results.wide_kernel()}/leaves")
    return share("1 x 4 GiB by the tree, end to end", "our kernel alone on bytes in memory, all cores", 0.75,
                 share_of(run, kernel), of_text(run, kernel and kernel["gb_per_s"]))


def one_core(results):
    ours = results.ceiling("sha256/avx512/leaves", 1)
    theirs = results.ceiling("openssl/streams", 1)
    ratio = None
    if ours and theirs:
        pairs = [a / b for a, b in zip(ours["samples"], theirs["samples"])]
        ratio = {"median": ours["gb_per_s"] / theirs["gb_per_s"], "min": min(pairs), "max": max(pairs)}
    return times("our AVX-512 kernel, one core", "OpenSSL's SHA-256 on the same bytes", 2.5, ratio, "as fast")


def tiny(results, verb, ours):
    ratio = results.ratio(results.run("tiny", f"python-{verb}"), ours)
    return times(f"tiny model, {verb} with a key", "the Python client", 80, ratio)


def tiny_cpu(results, verb, ours):
    if not ours:
        return Target(f"tiny model, {verb}: CPU time", "itself", "under 10 ms", "not measured", None)
    cpu = summary(ours["samples"])["cpu"]
    return Target(f"tiny model, {verb}: CPU time", "itself", "under 10 ms",
                  f"{cpu['median'] * 1e3:.1f} ms ({cpu['min'] * 1e3:.1f}–{cpu['max'] * 1e3:.1f})", cpu["median"] < 0.010)


def memory(results):
    """The worst of our runs; every case and command counts."""
    limit = 32 + results.raw["machine"]["processors"]
    ours = [run for run in results.raw["runs"] + results.raw.get("scaling", [])
            if not run["command"].startswith("python") and (run.get("anonymous_kib") or -1) >= 0]
    title, wanted = "anonymous memory, every case", f"under {limit} MiB (32 MiB and 1 MiB a core)"
    if not ours:
        return Target(title, "itself", wanted, "not measured", None)
    worst = max(ours, key=lambda run: run["anonymous_kib"])
    mib = worst["anonymous_kib"] / 1024
    return Target(title, "itself", wanted, f"{mib:.1f} MiB at most ({worst['case']}, {worst['command']})", mib < limit)


def times_cores(one, cores, by_round):
    """A rate of one core for all of them; where it was not measured in the same rounds, its median for each."""
    samples = one["samples"] if by_round else [one["gb_per_s"]] * len(one["samples"])
    return {"gb_per_s": one["gb_per_s"] * cores, "samples": [sample * cores for sample in samples]}


def other_kernel(results, case, title, command, kernel):
    """A kernel that was forced, against OpenSSL on a CPU with the same instructions."""
    run = results.run(case, f"{command}@{kernel}")
    masked = kernel == "avx2"
    one = (results.ceiling("openssl/streams", 1, "ceilings_without_sha") if masked
           else results.beside(case, "openssl/streams", 1))
    cores = results.raw["machine"]["processors"]
    all_cores = one and times_cores(one, cores, by_round=not masked)
    against = "OpenSSL on one core, times the cores" + (", its SHA instructions masked" if masked else "")
    return share(f"{title}, kernel {kernel}", against, 0.9, share_of(run, all_cores),
                 of_text(run, all_cores and all_cores["gb_per_s"]))


def other_kernels(results):
    found = []
    for kernel in results.kernels():
        if kernel == "avx512":
            continue
        found.append(other_kernel(results, "1x4GiB", "1 x 4 GiB by the tree", "verify-tree", kernel))
        found.append(other_kernel(results, "4x1GiB", "4 x 1 GiB, whole files", "verify-files", kernel))
    return found


def sealed():
    return Target("a sealed file, verify", "its size", "independent of it",
                  "not measured here: the tests do it on a kernel with fs-verity", None)


def all_targets(results):
    found = measured_targets(results)
    if results.raw["settings"]["quick"]:  # the promises are about the full sizes
        for target in found:
            target.met = None
    return found


def measured_targets(results):
    sign, verify = results.run("tiny", "sign"), results.verify("tiny")
    small = results.ratio(results.run("20000x4KiB", "python-verify"), results.verify("20000x4KiB"))
    return [
        *against_python(results),
        end_to_end(results),
        one_core(results),
        times("20,000 x 4 KiB, verify", "the Python client", 25, small),
        tiny(results, "sign", sign),
        tiny(results, "verify", verify),
        tiny_cpu(results, "sign", sign),
        tiny_cpu(results, "verify", verify),
        sealed(),
        memory(results),
        *other_kernels(results),
    ]
