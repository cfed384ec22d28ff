"""Draws performance-frameworks.svg from performance-frameworks.json; needs matplotlib.

usage: plot_frameworks.py PERFORMANCE-FRAMEWORKS.json PERFORMANCE-FRAMEWORKS.svg [light.png dark.png]
"""
import json
import statistics
import sys
from pathlib import Path

from plot import DARK, LIGHT, frame, plt, style, themed

PANELS = [("into NumPy arrays", ["numpy-verified", "numpy-plain"]),
          ("into PyTorch and one pass over it", ["torch-copy", "torch-private", "torch-unverified", "torch-plain"]),
          ("one tensor", ["tensor-verified", "tensor-plain"]),
          ("a distributed checkpoint saved", ["save-signed", "save-plain"])]
BARS = {"numpy-verified": ("weightmark", "ours"), "numpy-plain": ("safetensors", "plain"),
        "torch-copy": ("weightmark, sealed copy", "ours"), "torch-private": ("weightmark, private memory", "ours2"),
        "torch-unverified": ("private memory, unverified", "plain"),
        "torch-plain": ("safetensors, mapped", "plain"), "tensor-verified": ("weightmark", "ours"),
        "tensor-plain": ("safetensors", "plain"), "save-signed": ("weightmark, signed", "ours"),
        "save-plain": ("PyTorch", "plain")}


def time_text(value):
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.2f} s"


def draw_panel(axes, raw, ways, colours):
    """Bars from the top: the median, and a line from the least to the most."""
    for place, way in enumerate(ways):
        walls = [sample["wall"] for sample in raw["samples"][way]]
        middle = statistics.median(walls)
        axes.barh(place, middle, height=0.72, color=colours[BARS[way][1]])
        axes.plot([min(walls), max(walls)], [place, place], color=colours["ink"], linewidth=1)
        axes.annotate(time_text(middle), (max(walls), place), xytext=(5, 0), textcoords="offset points", va="center")
    frame(axes, [(None, BARS[way][0], None) for way in ways])
    axes.margins(x=0.15)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(lambda value, _: time_text(value) if value else "0")


def draw(raw, colours):
    style(colours)
    heights = [len(ways) for _, ways in PANELS]
    figure, all_axes = plt.subplots(len(PANELS), 1, figsize=(8.6, 0.3 * sum(heights) + 0.75 * len(PANELS) + 0.2),
                                    height_ratios=heights, layout="constrained")
    figure.get_layout_engine().set(h_pad=0.1)
    size = raw["bytes"] / 2**30
    for axes, (title, ways) in zip(all_axes, PANELS):
        draw_panel(axes, raw, ways, colours)
        axes.set_title(f"{size:.3g} GiB, {title}: time (shorter is better)")
    return figure


def main(source, target, *pictures):
    raw = json.loads(Path(source).read_text(encoding="utf-8"))
    draw(raw, LIGHT).savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    text = themed(Path(target).read_text(encoding="utf-8"), "Times of loading into frameworks")
    Path(target).write_text(text, encoding="utf-8")
    for picture, colours in zip(pictures, (LIGHT, DARK)):
        draw(raw, colours).savefig(picture, format="png", dpi=110)


if __name__ == "__main__":
    main(*sys.argv[1:])
