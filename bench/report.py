"""The tables on the terminal and docs/performance.md."""
from measuring import summary
from results import Results, rate
from targets import all_targets
from tools import TITLES

QUIET = 0.03  # of the processors; more than this and the page says so

READING = """\
How to read the tables: times are medians with the least and the most over the rounds. "x ours" is a command's
median time divided by that of `weightmark {verb}`, so 4.0 means that ours takes a quarter of the time. Commands
that sign are compared with `weightmark sign`, all others with `weightmark verify`{way}. The plain tools only print
digests: they check no signature and compare nothing. CPU is user and system time together. Memory is the peak of
a run: all that was resident (with mapped parts of the model, which the kernel can drop at any time) and, from a
run of its own, what was anonymous."""


def title_of(run):
    name, _, kernel = run["command"].partition("@")
    return TITLES[name] + (f", kernel {kernel}" if kernel else "")


def time_text(value):
    for limit, unit, scale, digits in ((0.1, "ms", 1e3, 1), (10, "s", 1, 2)):
        if value < limit:
            return f"{value * scale:.{digits}f} {unit}"
    return f"{value:.1f} s"


def spread_text(values):
    return f"{time_text(values['median'])} ({time_text(values['min'])}–{time_text(values['max'])})"


def mib_text(kib):
    return f"{kib / 1024:.0f}" if kib is not None and kib >= 0 else ""


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def plain(head, rows):
    table = [head, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table)


# --- One case -------------------------------------------------------------------------

HEAD = ["command", "time", "GB/s", "CPU", "memory, MiB", "anonymous, MiB", "x ours"]


def reference(results, run):
    if run["command"] in ("sign", "python-sign"):
        return results.run(run["case"], "sign", run["cache"])
    return results.verify(run["case"], run["cache"])


def row(results, run):
    taken = summary(run["samples"])
    ours = reference(results, run)
    ratio = results.ratio(run, ours)
    large = run["bytes"] >= 1 << 24
    return [title_of(run), spread_text(taken["wall"]), f"{rate(run):.2f}" if large else "",
            time_text(taken["cpu"]["median"]), mib_text(taken["peak_kib"]), mib_text(run.get("anonymous_kib")),
            "1" if run is ours else f"{ratio['median']:.1f}" if ratio else ""]


def case_rows(results, case, cache):
    return [row(results, run) for run in results.of_case(case, cache)]


def shares(results, case):
    """Our rates as shares of the ceilings, one line each."""
    lines = []
    for command, shape in (("verify-tree", "leaves"), ("verify-files", "streams")):
        run = results.run(case, command)
        if not run or run["bytes"] < 1 << 28:
            continue
        parts = []
        for text, kind in (("the kernel alone", f"sha256/{results.wide_kernel()}/{shape}"),
                           ("the page cache through mmap", "mmap"), ("through read()", "read"),
                           ("memory", "memory")):
            ceiling = results.beside(case, kind)
            if ceiling:
                parts.append(f"{rate(run) / ceiling['gb_per_s']:.0%} of {text} ({ceiling['gb_per_s']:.1f} GB/s)")
        lines.append(f"{title_of(run)}: {rate(run):.2f} GB/s, " + ", ".join(parts) + "; all on all cores.")
    return lines


# --- Ceilings ---------------------------------------------------------------------------

CEILINGS = {"memory": "reading memory", "read": "page cache, read()", "mmap": "page cache, mmap and read",
            "openssl/streams": "OpenSSL, SHA-256, 1 MiB messages", "openssl/leaves": "OpenSSL, SHA-256, 4096-byte messages",
            "blake3": "BLAKE3, one stream a core", "blake2b": "BLAKE2b, one stream a core", "tree": "our fs-verity tree"}


def ceiling_title(kind):
    if kind in CEILINGS:
        return CEILINGS[kind]
    _, kernel, shape = kind.split("/")
    return f"our SHA-256, kernel {kernel}, " + ("4096-byte leaves" if shape == "leaves" else "long streams")


def ceiling_rows(measured):
    kinds = {}
    for entry in measured["rates"]:
        cell = f"{entry['gb_per_s']:.2f} ({entry['min']:.2f}–{entry['max']:.2f})"
        kinds.setdefault(entry["kind"], {})[entry["threads"]] = cell
    return [[ceiling_title(kind), cells.get(1, ""), cells.get(measured["cpus"], "")] for kind, cells in kinds.items()]


CEILING_HEAD = ["GB/s, bytes in memory", "one core", "all cores"]


# --- Targets ------------------------------------------------------------------------------

TARGET_HEAD = ["case", "against", "at least", "measured", "met"]


def target_rows(results):
    words = {True: "yes", False: "**no**", None: "–"}
    return [[t.case, t.against, t.wanted, t.measured, words[t.met]] for t in all_targets(results)]


# --- Texts --------------------------------------------------------------------------------

def machine_rows(raw):
    m = raw["machine"]
    threads = m["threads_per_core"]
    cpu = f"{m['cpu']}" + (f" ({m['family']})" if m["family"] else "")
    rows = [["CPU", cpu], ["processors", f"{m['processors']}" + (f", {threads} a core" if threads and threads > 1 else "")
                           + (", of a virtual machine" if m["virtual"] else "")],
            ["instructions that matter", ", ".join(m["flags"])], ["last cache", m["cache"]],
            ["memory", f"{m['memory_gib']} GiB"], ["kernel", m["kernel"]]]
    return rows + [[name, version] for name, version in raw["versions"].items()]


QUICK_NOTE = ("**This was a quick run: sizes are a sixteenth, the rounds few. The cases below keep the names of the full "
              "ones, and nothing is said to be met or not.**")


def quietness(results):
    shares_taken = results.disturbance()
    text = (f"While the commands ran, other work took {shares_taken['others']:.1%} of the processors and the "
            f"hypervisor {shares_taken['stolen']:.1%}.")
    if max(shares_taken.values()) > QUIET:
        text += " **The machine was not quiet: read these numbers with care.**"
    return text


def case_sections(results):
    parts = []
    for case in results.raw["cases"]:
        for cache in ("warm", "cold"):
            rows = case_rows(results, case["name"], cache)
            if not rows:
                continue
            parts += [f"### {case['title']}, {cache}", "", markdown(HEAD, rows), ""]
            if cache == "warm":
                parts += [line + "\n" for line in shares(results, case["name"])]
    return parts


def cold_note(raw):
    if not any(run["cache"] == "cold" for run in raw["runs"]):
        return "The caches of this machine could not be dropped, so nothing here is cold."
    note = ("Cold means that the kernel's caches were dropped before each run and the program's own files read again, "
            "so that only the model comes from the disk. `cat` shows how fast that is.")
    if raw["machine"]["virtual"]:
        note += " The disk is a virtual one: what its host caches cannot be dropped from here."
    return note


def performance_page(raw, more=()):
    """The page; `more` are lines to go before the machine's ceilings."""
    results = Results(raw)
    way = ", which goes by the tree" if results.run("1x4GiB", "verify-tree") else ", which hashes whole files here"
    settings = raw["settings"]
    parts = [
        "# Performance", "",
        "Written by `./dev bench`; the numbers are in [performance.json](performance.json), and how the time grows with "
        "the model is in [scaling.md](scaling.md).", "",
        "![Rates of verifying large models and times for small ones, ours beside other tools](performance.svg)", "",
        *([QUICK_NOTE, ""] if settings["quick"] else []),
        "## What it must show", "",
        markdown(TARGET_HEAD, target_rows(results)), "",
        "Times and rates are medians; in parentheses, the least and the most of the rounds, each round's pair compared "
        "by itself.", "",
        "## How it was measured", "",
        f"Measured {raw['date']}, in {settings['rounds']} rounds after one to warm up. In each round the commands ran one "
        "after another, then all of them again in the next, so that what disturbs the machine for a while disturbs "
        "all alike; the ceilings that rates are compared with were measured in the same rounds. The models are files of random bytes. All signatures are made with a P-256 key. "
        + quietness(results), "",
        markdown(["", ""], machine_rows(raw)), "",
        *more,
        "## Ceilings", "",
        "What this machine can do at all: each kind of work alone, in turns, the median of the rounds with the least "
        "and the most.", "",
        markdown(CEILING_HEAD, ceiling_rows(raw["ceilings"])), "",
    ]
    if raw.get("ceilings_without_sha"):
        parts += ["OpenSSL when told not to use the SHA instructions (`OPENSSL_ia32cap`), which is what a CPU without "
                  "them would do:", "", markdown(CEILING_HEAD, ceiling_rows(raw["ceilings_without_sha"])), ""]
    parts += ["## Commands", "", READING.format(verb="verify", way=way), "", cold_note(raw), "", *case_sections(results)]
    return "\n".join(parts).rstrip() + "\n"


def print_tables(raw):
    results = Results(raw)
    if raw.get("ceilings"):
        print("\nCeilings\n" + plain(CEILING_HEAD, ceiling_rows(raw["ceilings"])))
    for case in raw["cases"]:
        for cache in ("warm", "cold"):
            rows = case_rows(results, case["name"], cache)
            if rows:
                print(f"\n{case['title']}, {cache}\n" + plain(HEAD, rows))
        for line in shares(results, case["name"]):
            print(line)
    print("\nTargets\n" + plain(TARGET_HEAD, target_rows(results)))
    print("\n" + quietness(results))
    if raw["settings"]["quick"]:
        print(QUICK_NOTE.replace("*", ""))
