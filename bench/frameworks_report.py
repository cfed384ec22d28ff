"""The part of docs/performance.md about loads into frameworks."""
import statistics

import report
from measuring import spread

TITLES = {
    "numpy-plain": "safetensors, NumPy arrays", "numpy-verified": "weightmark, NumPy arrays",
    "torch-plain": "safetensors, PyTorch, mapped; one pass", "torch-copy": "weightmark, sealed copy, mapped; one pass",
    "torch-private": "weightmark, private memory; one pass",
    "torch-unverified": "private memory, unverified; one pass", "tensor-plain": "safetensors, one tensor",
    "tensor-verified": "weightmark, one tensor",
    "save-plain": "torch.distributed.checkpoint, a save", "save-signed": "weightmark, a signed save",
}
# What is compared, the most that the ratio may be (or nothing is promised), and how it reads.
RATIOS = [("numpy-verified", "numpy-plain", 1.0, "all tensors into NumPy"),
          ("torch-copy", "torch-plain", 4.0, "PyTorch from a sealed copy, and one pass"),
          ("torch-private", "torch-plain", 4.0, "PyTorch from private memory, and one pass"),
          ("torch-unverified", "torch-plain", None, "PyTorch from private memory that nobody verifies, and one pass"),
          ("save-signed", "save-plain", 1.2, "a distributed checkpoint saved, with signing")]
SEALED = ("torch-sealed", "torch-plain", 1.6, "PyTorch from a sealed file, and one pass")
MOST_EXTRA = 0.060  # seconds for one tensor
WORDS = {True: "yes", False: "**no**"}


def walls(raw, way):
    return [sample["wall"] for sample in raw["samples"][way]]


def ratio(raw, ours, plain):
    """Of the medians; over the rounds, each round's pair by itself, the least and the most."""
    pairs = [a / b for a, b in zip(walls(raw, ours), walls(raw, plain))]
    return statistics.median(walls(raw, ours)) / statistics.median(walls(raw, plain)), min(pairs), max(pairs)


def extra(raw):
    pairs = [a - b for a, b in zip(walls(raw, "tensor-verified"), walls(raw, "tensor-plain"))]
    middle = statistics.median(walls(raw, "tensor-verified")) - statistics.median(walls(raw, "tensor-plain"))
    return middle, min(pairs), max(pairs)


def size_of(raw):
    size = raw["bytes"] / 2**30
    return f"{size:.0f} GiB" if size >= 1 else f"{raw['bytes'] / 2**20:.0f} MiB"


def ratio_row(raw, ours, plain, most, title, counts):
    middle, least, highest = ratio(raw, ours, plain)
    return [f"{size_of(raw)}, {title}", TITLES[plain].partition(";")[0], f"{most:g} times its time" if most else "–",
            f"{middle:.2f} times ({least:.2f}–{highest:.2f})", WORDS[middle <= most] if most and counts else "–"]


def sealed_row(raw):
    """In an emulated machine too: there all is slow alike, and a smaller file makes the rest weigh more."""
    if not raw.get("sealed"):
        return [f"{size_of(raw)}, {SEALED[3]}", TITLES["torch-plain"].partition(";")[0], f"{SEALED[2]:g} times its time",
                "not measured: neither this kernel nor an emulated one can seal here", "–"]
    row = ratio_row(raw["sealed"], *SEALED, True)
    row[0] += ", in an emulated machine" if raw["sealed"]["emulated"] else ""
    return row


def target_rows(raw):
    full = raw["bytes"] >= 4 << 30  # the promises are about a file of that size
    rows = [ratio_row(raw, *case, full) for case in RATIOS]
    rows.insert(1, sealed_row(raw))
    middle, least, highest = extra(raw)
    rows.append([f"{size_of(raw)}, one tensor of {raw['tensors']}", TITLES["tensor-plain"], f"{MOST_EXTRA * 1e3:.0f} ms more",
                 f"{middle * 1e3:.0f} ms more ({least * 1e3:.0f}–{highest * 1e3:.0f})",
                 WORDS[middle <= MOST_EXTRA] if full else "–"])
    return rows


def time_rows(raw):
    rows = []
    for way, samples in raw["samples"].items():
        cpu = spread([sample["user"] + sample["sys"] for sample in samples])
        peak = max(sample["peak_kib"] for sample in samples)
        rows.append([TITLES[way], report.spread_text(spread(walls(raw, way))), report.spread_text(cpu),
                     report.mib_text(peak)])
    return rows


def quietness(raw):
    samples = [sample for taken in raw["samples"].values() for sample in taken]
    time = sum(sample["wall"] for sample in samples) * raw["machine"]["processors"]
    taken = {key: sum(sample[key] for sample in samples) / time for key in ("others", "stolen")}
    text = (f"While the loads ran, other work took {taken['others']:.1%} of the processors and the hypervisor "
            f"{taken['stolen']:.1%}.")
    if max(taken.values()) > report.QUIET:
        text += " **The machine was not quiet: read these numbers with care.**"
    return text


def sealed_note(raw):
    if not raw.get("sealed") or not raw["sealed"]["emulated"]:
        return []
    plain, ours = (statistics.median(walls(raw["sealed"], way)) for way in ("torch-plain", "torch-sealed"))
    return ["A sealed file is one that the kernel keeps as it was signed (fs-verity, `weightmark seal`): `load_file` maps "
            "it, and hashes nothing. This machine's kernel or file system cannot seal, so that was measured with "
            f"Debian's kernel in an emulated machine, where everything takes longer ({plain:.2f} s plain, {ours:.2f} s "
            "verified): only their ratio means something.", ""]


def section(raw):
    """Markdown."""
    names = ", ".join(f"{name} {version}" for name, version in raw["versions"].items())
    return [
        "## Loading into frameworks", "",
        "Written by `./dev bench frameworks`; the numbers are in [performance-frameworks.json](performance-frameworks.json).",
        "", "![Times of loading a file into NumPy and PyTorch, verified and plain](performance-frameworks.svg)", "",
        report.markdown(["case", "against", "at most", "measured", "met"], target_rows(raw)), "",
        f"Measured {raw['date']} with a file of {size_of(raw)} in {raw['tensors']} tensors, in the page cache, in "
        f"{raw['rounds']} rounds after one to warm up; {names}, on {raw['machine']['processors']} processors "
        f"({raw['machine']['cpu']}). Each load ran in a new process, imports not counted, after what memory it needs had "
        "been touched and given back, since a hypervisor can take longer to give it than the load takes; the signature "
        "was by a P-256 key. \"One pass\" is the sum of all 64-bit words, which reads memory about as fast as it can be read: a mapped "
        "file is read from the page cache by it, and pays only then. A sealed copy is memory that any library can map, by "
        f"path; private memory is what `load_file` gives. Checkpoints were saved to memory, by one process. {quietness(raw)}", "",
        *sealed_note(raw),
        report.markdown(["load", "time", "CPU", "memory, MiB"], time_rows(raw)), ""]
