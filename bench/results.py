"""Questions to the raw numbers in performance.json."""
import statistics

from measuring import summary

GB = 1e9


class Results:
    def __init__(self, raw):
        self.raw = raw
        self.runs = {(run["case"], run["cache"], run["command"]): run for run in raw["runs"]}

    # -- runs --

    def run(self, case, command, cache="warm"):
        return self.runs.get((case, cache, command))

    def of_case(self, case, cache="warm"):
        return [run for (name, kind, _), run in self.runs.items() if (name, kind) == (case, cache)]

    def verify(self, case, cache="warm"):
        """What `weightmark verify` does when nothing else is asked for."""
        return self.run(case, "verify-tree", cache) or self.run(case, "verify-files", cache)

    def ratio(self, theirs, ours, of="wall"):
        """How many times our time theirs is: of the medians, and over the rounds the least and the most."""
        if not theirs or not ours:
            return None
        pairs = [t / o for t, o in zip(seconds(theirs, of), seconds(ours, of)) if o > 0]
        mine = summary(ours["samples"])[of]["median"]
        if not pairs or mine <= 0:
            return None
        return {"median": summary(theirs["samples"])[of]["median"] / mine, "min": min(pairs), "max": max(pairs)}

    # -- ceilings --

    def ceiling(self, kind, threads=None, which="ceilings"):
        """GB/s of one kind of work; on all processors unless `threads` is 1."""
        measured = self.raw.get(which)
        if not measured:
            return None
        wanted = threads or measured["cpus"]
        return next((rate for rate in measured["rates"] if (rate["kind"], rate["threads"]) == (kind, wanted)), None)

    def beside(self, case, kind, threads=None):
        """The same, measured in the rounds of that case where it was."""
        rounds = self.raw.get("beside", {}).get(case)
        if not rounds:
            return self.ceiling(kind, threads)
        wanted = threads or rounds[0]["cpus"]
        rates = [rate["gb_per_s"] for one in rounds for rate in one["rates"]
                 if (rate["kind"], rate["threads"]) == (kind, wanted)]
        return {"gb_per_s": statistics.median(rates), "samples": rates} if rates else self.ceiling(kind, threads)

    def wide_kernel(self):
        return self.raw["ceilings"]["wide_kernel"]

    def kernels(self):
        kinds = [rate["kind"].split("/") for rate in self.raw["ceilings"]["rates"]]
        return list(dict.fromkeys(parts[1] for parts in kinds if parts[0] == "sha256"))

    # -- how quiet the machine was --

    def disturbance(self):
        """The shares of the processors that other work, and the hypervisor, took meanwhile."""
        samples = [sample for run in self.raw["runs"] for sample in run["samples"]]
        time = sum(sample["wall"] for sample in samples) * self.raw["machine"]["processors"]
        if not time:
            return {"others": 0.0, "stolen": 0.0}
        return {key: sum(sample[key] for sample in samples) / time for key in ("others", "stolen")}


def seconds(run, of="wall"):
    if of == "cpu":
        return [sample["user"] + sample["sys"] for sample in run["samples"]]
    return [sample[of] for sample in run["samples"]]


def share_of(run, ceiling):
    """What part of a ceiling a run reached: of the medians, and over the rounds the least and the most."""
    if not run or not ceiling:
        return None
    pairs = [run["bytes"] / time / GB / most for time, most in zip(seconds(run), ceiling["samples"])]
    return {"median": rate(run) / ceiling["gb_per_s"], "min": min(pairs), "max": max(pairs)}


def rate(run):
    """GB/s from the median."""
    return run["bytes"] / statistics.median(seconds(run)) / GB
