"""docs/scaling.md: how the time grows, and where that leads."""
import math

from measuring import summary
from report import markdown, spread_text, time_text
from results import Results
from tools import TITLES

GIB = 1 << 30
TERABYTE = 10**12
NODE = 64 << 20

# Where a model may come from, in GB/s as sold.
SOURCES = [("10 Gbit/s network", 1.25), ("SSD on PCIe 3.0 x4", 3.5), ("SSD on PCIe 4.0 x4", 7.0),
           ("100 Gbit/s network", 12.5), ("four SSDs on PCIe 5.0 x4", 50.0)]


def fit(points):
    """Least squares: (slope, intercept)."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    return slope, mean_y - slope * mean_x


def duration(seconds):
    if seconds < 120:
        return time_text(seconds)
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


class Scaling:
    def __init__(self, raw):
        self.raw = raw
        self.results = Results(raw)
        self.runs = raw["scaling"]

    def of(self, command):
        return sorted((run for run in self.runs if run["command"] == command), key=lambda run: run["bytes"])

    def commands(self):
        return list(dict.fromkeys(run["command"] for run in self.runs))

    def line(self, command):
        """(seconds a GiB, seconds at nothing), or None with fewer than two sizes."""
        points = [(run["bytes"] / GIB, summary(run["samples"])["wall"]["median"]) for run in self.of(command)]
        return fit(points) if len(points) > 1 else None

    def at(self, command, size):
        line = self.line(command)
        return line and line[0] * size / GIB + line[1]

    # -- tables --

    def measured_table(self):
        sizes = sorted({run["bytes"] for run in self.runs})
        rows = []
        for command in self.commands():
            by_size = {run["bytes"]: run for run in self.of(command)}
            rows.append([TITLES[command], *(spread_text(summary(by_size[size]["samples"])["wall"]) if size in by_size else ""
                                            for size in sizes)])
        return markdown(["one file of", *(size_text(size) for size in sizes)], rows)

    def slope_table(self):
        rows = []
        for command in self.commands():
            line = self.line(command)
            if line:
                rows.append([TITLES[command], f"{line[0]:.3f} s", f"{GIB / line[0] / 1e9:.2f} GB/s", time_text(max(line[1], 0)),
                             duration(self.at(command, TERABYTE))])
        return markdown(["command", "each GiB", "that is", "before the first byte", "1 TB, from the line"], rows)

    def memory_table(self):
        rows = []
        for command in self.commands():
            runs = [run for run in self.of(command) if (run.get("anonymous_kib") or -1) >= 0]
            if runs:
                rows.append([TITLES[command], *(f"{run['anonymous_kib'] / 1024:.1f} MiB" for run in runs)])
        sizes = sorted({run["bytes"] for run in self.runs})
        return markdown(["anonymous memory at", *(size_text(size) for size in sizes)], rows)

    def signature_table(self):
        sizes = sorted((int(size), length) for size, length in self.raw["scaling_signatures"].items())
        slope, start = fit(sizes) if len(sizes) > 1 else (0, sizes[0][1])
        rows = [[size_text(size), f"{length:,} bytes"] for size, length in sizes]
        for size, title in ((700 * 10**9, "700 GB, from the line"), (TERABYTE, "1 TB, from the line")):
            rows.append([title, f"{(slope * size + start) / 2**20:.2f} MiB"])
        return markdown(["model", "its signature"], rows)

    def source_table(self, kernel):
        rows = []
        for title, rate in SOURCES:
            rows.append([title, f"{rate:g} GB/s", duration(TERABYTE / rate / 1e9), math.ceil(rate / kernel)])
        return markdown(["where the bytes come from", "at most", "1 TB takes", "cores that keep up"], rows)

    # -- texts --

    def limits(self):
        """What bounds a terabyte, from the ceilings."""
        wide = self.results.wide_kernel()
        kernel = self.results.ceiling(f"sha256/{wide}/leaves", 1)["gb_per_s"]
        memory = self.results.ceiling("memory")["gb_per_s"]
        stream = self.results.ceiling(f"sha256/{self.raw['ceilings']['stream_kernel']}/streams", 1)["gb_per_s"]
        return kernel, memory, stream

    def memory_text(self):
        """Whether memory grew with the size, as measured."""
        command = self.commands()[0]
        held = [run["anonymous_kib"] / 1024 for run in self.of(command) if (run.get("anonymous_kib") or -1) >= 0]
        if len(held) < 2:
            return ""
        grew = held[-1] > held[0] + 1
        return (f"Anonymous memory {'grew' if grew else 'did not grow'} with the file: {held[0]:.1f} MiB for the smallest, "
                f"{held[-1]:.1f} MiB for the largest. ")

    def cold(self):
        run = self.results.run("1x4GiB", "cat", "cold")
        ours = self.results.verify("1x4GiB", "cold")
        if not run or not ours:
            return ""
        cat, verify = (summary(r["samples"])["wall"]["median"] for r in (run, ours))
        return (f"On this machine's disk, with cold caches, `cat` reads the 4 GiB file at {run['bytes'] / cat / 1e9:.2f} GB/s "
                f"and `weightmark verify` verifies it at {ours['bytes'] / verify / 1e9:.2f} GB/s. ")


def size_text(size):
    return f"{size // GIB} GiB" if size % GIB == 0 else f"{size >> 20} MiB"


def scaling_page(raw):
    scaling = Scaling(raw)
    kernel, memory, stream = scaling.limits()
    nodes = -(-TERABYTE // NODE)
    by_tree = bool(scaling.of("verify-tree"))
    parts = [
        "# Scaling to a terabyte", "",
        f"Written by `./dev bench` with [performance.md](performance.md), on the machine described there, {raw['date']}. "
        "The sizes below were measured; a terabyte was not, and what is said about it is a line through the "
        "measurements and then an argument about what bounds it.", "",
        "## Measured", "", scaling.measured_table(), "",
        "A line through the medians:", "", scaling.slope_table(), "",
        "The last column holds only while the bytes come as fast as these did, from the page cache, and no longer than "
        "memory is large enough for that.", "",
        scaling.memory_table(), "",
        scaling.signature_table(), "",
        "## The limit", "",
        f"One core hashes {kernel:.2f} GB/s with the kernel `{scaling.results.wide_kernel()}`, and this machine's memory "
        f"gives {memory:.1f} GB/s to all cores together. " + (
            "Verifying by the tree shares every file among all cores in pieces of 64 MiB that need nothing from each "
            f"other: a terabyte is {nodes:,} of them. So the time falls with the cores until something else is "
            f"slower, and here memory would be with {max(1, memory / kernel):.0f} cores or more. " if by_tree else
            "This build verifies whole files."), "",
        f"A whole-file digest must take its bytes one after another: one stream goes at {stream:.2f} GB/s at most, so one file of a terabyte takes "
        f"{duration(TERABYTE / stream / 1e9)} on any number of cores.", "",
        "A terabyte is rarely in the page cache. Then the source of the bytes decides:", "",
        scaling.source_table(kernel), "",
        scaling.cold() + "Where the source is slower than hashing, and reading and hashing overlap, verifying takes about as "
        "long as reading, which whoever loads the model does anyway.", "",
        scaling.memory_text() + f"The signature grows by 32 bytes for each 64 MiB, {nodes * 32:,} bytes for a terabyte before "
        "the two layers of base64 around them.",
    ]
    return "\n".join(parts) + "\n"
