"""The parts of the benchmark: rounds, cost per hit, a given rate, the highest rate without losses, the start. Each gives
raw numbers."""

import sys

from runner import VariantFailed
from variants import Empty

HIT_VARIANTS = ("empty", "miss", "miss-no-follow", "miss-options", "miss-len", "count", "line", "line-follow", "json")
RATE_VARIANTS = ("count", "line", "json")
# packets/s: 570,000 events/s. How much CPU a layout takes at full rate says more of the sender than of the layout.
GIVEN_RATE = 95_000


def progress(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def rounds(runner, load, variants, number, seconds):
    """[{variant: measurement}]. Each round begins with another variant, so that none always comes after the same
    warmth of the machine. What fails once is left out from then on and noted."""
    left, failures, results = list(variants), {}, []
    for i in range(number):
        progress(f"round {i + 1} of {number}")
        first = i % len(left)
        one_round = {}
        for variant in left[first:] + left[:first]:
            try:
                one_round[variant.name] = runner.beside_flood(load, variant, seconds)
            except VariantFailed as error:
                if variant.is_skbtrail or isinstance(variant, Empty):
                    raise
                failures[variant.name] = str(error)
                progress(str(error))
        left = [variant for variant in left if variant.name not in failures]
        results.append(one_round)
    return results, failures


def hits(runner, load, variants, statistics, number, seconds):
    """[{variant: {tracepoint: [ns, hits]}}] while the kernel keeps statistics; `statistics` is what makes it do so."""
    results = []
    chosen = [variant for variant in variants if variant.name in HIT_VARIANTS]
    for i in range(number):
        progress(f"cost per hit, {i + 1} of {number}")
        one = {}
        # Held only meanwhile: it costs the packet rate 60 ns a hit.
        with runner.running(statistics):
            for variant in chosen:
                one[variant.name] = runner.beside_flood(load, variant, seconds)["run_times"]
        results.append(one)
    return results


def drops(runner, load, variants, statistics, number, seconds):
    """[{variant: [ns, hits]}] at kfree_skb, of packets that no socket takes."""
    results = []
    for i in range(number):
        progress(f"cost per drop, {i + 1} of {number}")
        with runner.running(statistics):
            results.append({variant.name: runner.beside_flood(load.dropped_flood(), variant, seconds)["run_times"]["kfree_skb"]
                            for variant in variants})
    return results


def paced(runner, load, variant, number, seconds):
    """[measurement] at a given rate."""
    progress(f"{variant.name} at {GIVEN_RATE:,} packets/s")
    return [runner.beside_flood(load, variant, seconds, GIVEN_RATE) for _ in range(number)]


def starts(runner, variant, number):
    progress("start")
    return [runner.start_seconds(variant) for _ in range(number)]


def _rings_lost(measured):
    """Losses that come of the rate. What the kernel skips because a probe hit itself comes at any rate."""
    return measured["lost"] - measured["causes"].get("kernel_skipped", 0)


def lossless_rate(runner, load, variant, steps, seconds):
    """The highest rate that lost nothing, with all that was tried: first as fast as it goes, then halving what is left
    between the highest that did not lose and the lowest that did. A rate is too high only if it loses twice, because a
    host has hiccups. The answer has to hold for three times as long; where it does not, one tenth less is tried."""
    tried = []

    def lossless(rate, longer=1):
        return once(rate, longer) or once(rate, longer)

    def once(rate, longer):
        measured = runner.beside_flood(load, variant, seconds * longer, rate)
        tried.append({"asked": rate, "packets_per_second": measured["packets_per_second"],
                      "events_per_second": measured["events"] / measured["seconds"], "lost": _rings_lost(measured)})
        return tried[-1]["lost"] == 0

    progress(f"highest rate without losses, {variant.name}")
    if lossless(0) and lossless(0, longer=3):
        return {"tried": tried, "best": tried[-1], "limited_by_loss": False}
    low, high = 0, max(each["packets_per_second"] for each in tried)
    for _ in range(steps):
        middle = (low + high) / 2
        if lossless(middle):
            low = middle
        else:
            high = middle
    for _ in range(steps):
        if low == 0 or lossless(low, longer=3):
            break
        low *= 0.9
    return {"tried": tried, "best": tried[-1] if tried[-1]["lost"] == 0 else None, "limited_by_loss": True}
