"""Draws performance.svg from performance.json; needs matplotlib.

usage: plot.py PERFORMANCE.json PERFORMANCE.svg [light.png dark.png]
"""
import json
import re
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of a backend)

from results import Results, rate, seconds  # noqa: E402

import statistics  # noqa: E402

# Each colour for light and for dark pages. In the SVG they become variables.
LIGHT = {"page": "#ffffff", "ink": "#1f2329", "faint": "#d3d7dd", "ours": "#0b6e4f", "ours2": "#58a98c",
         "python": "#c2541a", "plain": "#7d8794", "other": "#a9a3c9"}
DARK = {"page": "#0d1117", "ink": "#e6e9ee", "faint": "#343b45", "ours": "#35c08f", "ours2": "#1f7d5d",
        "python": "#f08a4b", "plain": "#8a94a3", "other": "#8f86c4"}

BARS = [("verify-tree", "weightmark, by the tree", "ours"), ("verify-files", "weightmark, whole files", "ours2"),
        ("python-verify", "Python client", "python"), ("sha256sum", "sha256sum", "plain"),
        ("sha256sum-all", "sha256sum, all cores", "plain"), ("openssl", "openssl dgst", "plain"),
        ("openssl-all", "openssl dgst, all cores", "plain"), ("b3sum", "b3sum (not SHA-256)", "other")]
LARGE, SMALL = ("1x4GiB", "4x1GiB", "163x16MiB"), ("20000x4KiB", "tiny")
MOST = {"sign": ("sign", "weightmark, sign", "ours2"), "python-sign": ("python-sign", "Python client, sign", "python")}


def style(colours):
    plt.rcParams.update({
        "svg.hashsalt": "weightmark", "font.family": "DejaVu Sans", "font.size": 9, "axes.titlesize": 10.5,
        "axes.titleweight": "bold", "axes.titlelocation": "left", "text.color": colours["ink"],
        "axes.labelcolor": colours["ink"], "axes.edgecolor": colours["faint"], "xtick.color": colours["ink"],
        "ytick.color": colours["ink"], "figure.facecolor": colours["page"], "axes.facecolor": colours["page"],
        "savefig.facecolor": colours["page"], "axes.spines.top": False, "axes.spines.right": False,
        "axes.spines.left": False, "ytick.major.size": 0, "grid.color": colours["faint"]})


def shown(results, case, bars):
    return [(results.run(case, name), label, colour) for name, label, colour in bars if results.run(case, name)]


def draw_bars(axes, bars, value, text, colours):
    """Bars from the top."""
    for place, (run, _, colour) in enumerate(bars):
        axes.barh(place, value(run), height=0.72, color=colours[colour])
        axes.annotate(text(run), (value(run), place), xytext=(4, 0), textcoords="offset points", va="center",
                      bbox={"boxstyle": "square,pad=0.1", "facecolor": colours["page"], "edgecolor": "none"}, zorder=4)
    frame(axes, bars)


def frame(axes, bars):
    axes.set_yticks(range(len(bars)), [label for _, label, _ in bars])
    axes.set_ylim(len(bars) - 0.45, -0.55)
    axes.grid(axis="x", linewidth=0.6)
    axes.set_axisbelow(True)


def draw_rates(axes, results, case, title, most, colours):
    bars = shown(results, case, BARS)
    draw_bars(axes, bars, rate, lambda run: f"{rate(run):.1f}", colours)
    line = axes.axvline(kernel_rate(results, case), color=colours["ink"], linewidth=1, linestyle=(0, (4, 3)), zorder=3)
    axes.set_xlim(0, most)
    axes.set_title(f"{title}: verify, GB/s (longer is better)")
    return line


def kernel_rate(results, case):
    return results.beside(case, f"sha256/{results.wide_kernel()}/leaves")["gb_per_s"]


def wall(run):
    return statistics.median(seconds(run))


def wall_text(run):
    value = wall(run)
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.2f} s"


def draw_times(axes, results, case, title, colours):
    extra = list(MOST.values()) if case == "tiny" else []
    bars = shown(results, case, [*BARS[:3], *extra, *([] if extra else BARS[3:])])
    bars = [(run, label + (", verify" if extra and "sign" not in label else ""), colour) for run, label, colour in bars]
    for place, (run, _, colour) in enumerate(bars):  # no bars: a logarithmic axis has no zero to begin at
        axes.plot(wall(run), place, "o", markersize=9, color=colours[colour])
        axes.annotate(wall_text(run), (wall(run), place), xytext=(8, 0), textcoords="offset points", va="center")
    frame(axes, bars)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} s" if value >= 1 else f"{value * 1e3:g} ms")
    axes.xaxis.set_minor_formatter(lambda value, _: "")
    axes.xaxis.minorticks_off()
    times = [wall(run) for run, _, _ in bars]
    axes.set_xlim(min(times) / 2, max(times) * 4)
    axes.set_title(f"{title}: time, logarithmic (shorter is better)")


def draw(raw, colours):
    style(colours)
    results = Results(raw)
    titles = {case["name"]: case["title"] for case in raw["cases"]}
    panels = [case for case in (*LARGE, *SMALL) if results.of_case(case)]
    heights = [len(shown(results, case, BARS if case != "tiny" else [*BARS[:3], *MOST.values()])) for case in panels]
    figure, all_axes = plt.subplots(len(panels), 1, figsize=(8.6, 0.25 * sum(heights) + 0.8 * len(panels) + 0.4),
                                    height_ratios=heights, squeeze=False, layout="constrained")
    figure.get_layout_engine().set(h_pad=0.11)
    rates = [rate(run) for case in panels if case in LARGE for run in results.of_case(case) if run["command"] != "cat"]
    most = 1.1 * max([*rates, *(kernel_rate(results, case) for case in panels if case in LARGE), 1e-9])
    line = None
    for axes, case in zip(all_axes[:, 0], panels):
        if case in LARGE:
            line = draw_rates(axes, results, case, titles[case] + ", warm", most, colours)
        else:
            draw_times(axes, results, case, titles[case] + ", warm", colours)
    if line:
        figure.legend([line], ["our SHA-256 kernel alone on bytes in memory, all cores"], loc="outside upper right",
                      frameon=False)
    return figure


def themed(svg, title="Performance of weightmark beside other tools"):
    """Turns the light colours into variables that follow the reader's theme; where those are unknown, light stays."""
    for name, colour in LIGHT.items():
        svg = re.sub(rf"(fill|stroke): {colour}\b", rf"\1: var(--{name}, {colour})", svg)
    light = "; ".join(f"--{name}: {colour}" for name, colour in LIGHT.items())
    dark = "; ".join(f"--{name}: {colour}" for name, colour in DARK.items())
    rules = f"<style>svg {{ {light} }} @media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}</style>\n"
    return re.sub(r"(<svg [^>]*>\n)", lambda m: f"{m[1]}<title>{title}</title>\n{rules}", svg, count=1)


def main(source, target, *pictures):
    raw = json.loads(Path(source).read_text(encoding="utf-8"))
    draw(raw, LIGHT).savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    Path(target).write_text(themed(Path(target).read_text(encoding="utf-8")), encoding="utf-8")
    for picture, colours in zip(pictures, (LIGHT, DARK)):
        draw(raw, colours).savefig(picture, format="png", dpi=110)


if __name__ == "__main__":
    main(*sys.argv[1:])
