"""From raw numbers to the table and the goals."""

from statistics import median, quantiles


WAITED_MOST = 0.03  # 30 ms of a second: a ring of 8 MiB is full then


def spread(numbers):
    """(median, first quartile, third quartile)"""
    numbers = list(numbers)
    if len(numbers) < 2:
        return (numbers[0],) * 3
    first, middle, third = quantiles(numbers, n=4, method="inclusive")
    return middle, first, third


class Figures:
    """`results` is what tests/bench/run wrote to bench.json."""

    def __init__(self, results):
        self.results = results
        self.rounds = results["rounds"]

    def titles(self):
        return self.results["variants"]

    def absent(self, name):
        """Why there are no numbers of this variant; None if there are."""
        if any(name in each for each in self.rounds):
            return None
        return self.results["missing"].get(name, "not run")

    def each(self, name, key):
        return [one[name][key] for one in self.rounds if name in one and key in one[name]]

    def ratios(self, name, to):
        """Packet rates, compared within each round."""
        return [one[name]["packets_per_second"] / one[to]["packets_per_second"]
                for one in self.rounds if name in one and to in one]

    def lost(self, name):
        """(lost, of how many) over all rounds; None if it does not tell."""
        lost, events = self.each(name, "lost"), self.each(name, "events")
        return (sum(lost), sum(lost) + sum(events)) if lost else None

    def lost_with_cpu(self, name):
        """The same over the rounds in which the reader did not wait for a CPU on which something else ran, as long as a
        ring lasts at full rate, or over all if none was lost in any; and how many rounds these are of how many."""
        all_rounds = [one[name] for one in self.rounds if "lost" in one.get(name, {})]
        served = [each for each in all_rounds if each.get("tool_waited_share", 0) < WAITED_MOST]
        if not served and not any(each["lost"] for each in all_rounds):
            served = all_rounds  # it lost nothing even so
        if not served:
            return None
        lost = sum(each["lost"] for each in served)
        return lost, lost + sum(each["events"] for each in served), len(served), len(all_rounds)

    # Cost per hit.

    def hit_ns(self, name):
        """{tracepoint: ns a hit}, the statistics' own cost in it: the median of the repetitions. Only what the flood
        itself hits, which is about once a packet and more."""
        times = [one[name] for one in self.results["hits"] if name in one]
        most = max((hits for one in times for _, hits in one.values()), default=0)
        tracepoints = {place for one in times for place, (_, hits) in one.items() if hits > most / 2}
        return {place: median(one[place][0] / one[place][1] for one in times if one.get(place, (0, 0))[1])
                for place in sorted(tracepoints)}

    def over_empty_ns(self, name):
        """The same over an empty program at the same tracepoint."""
        own, empty = self.hit_ns(name), self.hit_ns("empty")
        return {place: own[place] - empty[place] for place in own if place in empty}

    def mean_over_empty_ns(self, name):
        """Each tracepoint of the flood is hit equally often."""
        each = self.over_empty_ns(name).values()
        return sum(each) / len(each) if each else None

    def following_ns(self, without, followed):
        """What following adds to a hit, by the names of two variants: the most at one tracepoint, which is where packets
        begin to be followed, or end, and the mean of the others."""
        plain, followed = self.over_empty_ns(without), self.over_empty_ns(followed)
        each = sorted(followed[place] - plain[place] for place in plain if place in followed)
        return (sum(each[:-1]) / len(each[:-1]), each[-1]) if len(each) > 1 else (None, None)

    def disturbed(self):
        """Share of the floods that did not have their CPU to themselves."""
        shares = [measured["cpu_share"] for one in self.rounds for measured in one.values()]
        return sum(share < 0.95 for share in shares) / len(shares) if shares else 0

    def waited(self):
        """Share of the time that the tracers waited for a CPU on which something else ran."""
        shares = [measured["tool_waited_share"] for one in self.rounds for measured in one.values()
                  if "tool_waited_share" in measured]
        return sum(shares) / len(shares) if shares else 0

    def stolen(self):
        """CPU time that the hypervisor gave to others, per second of flood."""
        shares = [measured["stolen_share"] for one in self.rounds for measured in one.values()]
        return sum(shares) / len(shares) if shares else 0

    def with_statistics(self):
        """Share of the measurements during which another program made the kernel keep statistics."""
        seen = [any(hits for _, hits in measured["run_times"].values())
                for one in self.rounds for measured in one.values() if measured.get("run_times")]
        return sum(seen) / len(seen) if seen else 0


class Goal:
    """What is wanted, what was measured (None: it was not), and whether it is met."""

    def __init__(self, wanted, measured, shown, met):
        self.wanted, self.measured = wanted, measured
        self.shown = "not measured" if measured is None else shown
        self.met = measured is not None and met

    @property
    def verdict(self):
        return "-" if self.measured is None else "met" if self.met else "MISSED"


def _at_least(wanted, numbers, limit):
    if not numbers:
        return Goal(wanted, None, "", False)
    middle, first, third = spread(numbers)
    return Goal(wanted, middle, f"{middle:.2f} [{first:.2f} to {third:.2f}]", middle >= limit)


def _at_most_ns(wanted, measured, limit):
    return Goal(wanted, measured, f"{measured or 0:.0f} ns", measured is not None and measured <= limit)


def goals(figures):
    miss = "miss-len" if figures.absent("miss") else "miss"
    lost = figures.lost_with_cpu("line")
    json_cpu = [each["tool_cpu_share"] for each in figures.results.get("paced", [])]
    start = figures.results["starts"]
    return [
        _at_least("a filter that misses keeps 0.93 of the packet rate with empty programs",
                  figures.ratios(miss, "empty"), 0.93),
        _at_most_ns("a miss of a packet filter costs at most 10 ns over an empty program",
                    figures.mean_over_empty_ns("miss"), 10),
        _at_most_ns("a full event costs at most 100 ns over an empty program", figures.mean_over_empty_ns("line"), 100),
        _at_most_ns("following adds at most 2 ns to a miss while nothing is followed",
                    figures.following_ns("miss-no-follow", "miss")[0], 2),
        _at_most_ns("--follow adds at most 10 ns to a full event of a packet that is followed",
                    figures.following_ns("line", "line-follow")[0], 10),
        _at_most_ns("--follow adds at most 25 ns to the first event of a packet, or its last",
                    figures.following_ns("line", "line-follow")[1], 25),
        _at_least("`line` into a file keeps 0.4 of the untraced packet rate", figures.ratios("line", "untraced"), 0.4),
        _at_least("`line` keeps four times the packet rate that bpftrace keeps", figures.ratios("line", "bpftrace"), 4),
        Goal("`line` into a file loses nothing with default buffers while its reader has its CPU", lost[0] if lost else None,
             "{:,} of {:,} lost in {} of {} rounds".format(*lost) if lost else "", bool(lost) and lost[0] == 0),
        Goal("`json` into a file takes less than 60 % of a CPU at 570,000 events/s", median(json_cpu) if json_cpu else None,
             f"{median(json_cpu):.0%}" if json_cpu else "", bool(json_cpu) and median(json_cpu) < 0.6),
        Goal("the start takes at most 0.1 s", median(start) if start else None,
             f"{median(start):.3f} s" if start else "", bool(start) and median(start) <= 0.1),
    ]
