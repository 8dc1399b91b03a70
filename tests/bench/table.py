"""The tables, as plain text for a terminal or as Markdown for docs/performance.md."""

from statistics import median

from figures import goals, spread

MIB = 1 << 20


def rates(figures):
    """Packet rates of every variant."""
    head = ["", "packets/s", "of untraced [quartiles]", "events/s", "lost", "CPU of it", "memory, MiB"]
    rows = [_rate_row(figures, name, title) for name, title in figures.titles().items()] if figures.rounds else []
    return "Packet rate", head, rows


def _rate_row(figures, name, title):
    absent = figures.absent(name)
    if absent:
        return [title, absent, "", "", "", "", ""]
    ratio = figures.ratios(name, "untraced")
    events = [events / seconds for events, seconds in zip(figures.each(name, "events"), figures.each(name, "seconds"))]
    cpu = figures.each(name, "tool_cpu_share")
    return [title, f"{spread(figures.each(name, 'packets_per_second'))[0]:,.0f}",
            "{:.2f} [{:.2f} to {:.2f}]".format(*spread(ratio)) if ratio else "",
            f"{spread(events)[0]:,.0f}" if events else "", _lost(figures.lost(name)),
            f"{spread(cpu)[0]:.0%}" if cpu else "", _memory(figures.each(name, "memory"))]


def _lost(lost):
    if lost is None:
        return ""
    if lost[0] == 0:
        return "none"
    share = 100 * lost[0] / lost[1]
    return f"{lost[0]:,} ({share:.2g} %)"


def _memory(taken):
    """Anonymous, and kernel maps: these are apart."""
    if not taken:
        return ""
    own, maps = (max(each[key] for each in taken) / MIB for key in ("anonymous", "maps"))
    return f"{own:.1f} + {maps:.1f}"


def hits(figures):
    empty = figures.hit_ns("empty")
    names = [name for name in figures.titles() if name != "empty" and figures.over_empty_ns(name)]
    each = {name: figures.over_empty_ns(name) for name in names}
    rows = [[place, f"{ns:.0f}", *(f"{each[name][place]:.0f}" if place in each[name] else "" for name in names)]
            for place, ns in empty.items()]
    rows.append(["mean", f"{sum(empty.values()) / max(len(empty), 1):.0f}",
                 *(f"{figures.mean_over_empty_ns(name):.0f}" for name in names)])
    return ("ns per hit over an empty program, by tracepoint", ["", "an empty program itself", *names],
            rows if empty else [])


def drops(figures):
    """Packets that no socket takes, in which kfree_skb is hit once for each."""
    each = figures.results.get("drops", [])
    if not each:
        return "", [], []
    ns = {name: median(one[name][0] / one[name][1] for one in each if one[name][1]) for name in each[0]}
    rows = [[name, f"{taken:.0f}", f"{taken - ns['empty']:.0f}"] for name, taken in ns.items() if name != "empty"]
    return "ns per drop (goal of drop-table: 100 over an empty program)", ["", "in all", "over an empty program"], rows


def lossless(figures):
    rows = []
    for name, found in figures.results["lossless"].items():
        best = found["best"]
        if best is None:
            rows.append([figures.titles()[name], "none found", "", ""])
            continue
        rows.append([figures.titles()[name], f"{best['packets_per_second']:,.0f}", f"{best['events_per_second']:,.0f}",
                     "losses above" if found["limited_by_loss"] else "nothing: as fast as the sender goes"])
    return "Highest rate without losses", ["", "packets/s", "events/s", "limited by"], rows


def start(figures):
    taken = figures.results["starts"]
    if not taken:
        return "Start", [], []
    return ("Start", ["", "s [quartiles]"],
            [["from exec to `tracing`", "{:.3f} [{:.3f} to {:.3f}]".format(*spread(taken))]])


def goal_table(figures):
    return "Goals", ["", "measured", ""], [[goal.wanted, goal.shown, goal.verdict] for goal in goals(figures)]


def notes(figures):
    """What was measured where, and what speaks against the numbers."""
    machine, settings = figures.results["machine"], figures.results["settings"]
    lines = [f"{machine['cpu']}, {machine['cpus']} CPUs{machine['virtual']}; Linux {machine['kernel']}; "
             f"{machine['distribution']}; {settings['pinned']}; files on {machine['file_system']}.",
             f"{settings['rounds']} rounds of {settings['seconds']:g} s a variant, {settings['date']}; "
             f"skbtrail {machine['skbtrail']}."]
    if figures.disturbed() > 0:
        lines.append(f"The host was busy: {figures.disturbed():.0%} of the floods had less than 95 % of their CPU.")
    if figures.waited() > 0.005:
        lines.append(f"Other work ran on the tracers' CPU: they waited {figures.waited():.1%} of the time, and may have "
                     "lost events by that.")
    if figures.stolen() > 0.005:
        lines.append(f"The hypervisor took {figures.stolen():.1%} of a CPU away meanwhile.")
    if figures.with_statistics() > 0:
        lines.append(f"Somebody else kept BPF statistics during {figures.with_statistics():.0%} of the measurements, "
                     "whose rates are too low.")
    if settings["rounds"] < 15:
        lines.append("Fewer than 15 rounds: good for trying the benchmark, not for conclusions.")
    return lines


def _plain(title, head, rows):
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [f"\n{title}"]
    for row in [head, *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines


def _markdown(title, head, rows):
    lines = ["", f"### {title}", "", "| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def render(figures, markdown=False):
    tables = [goal_table, rates, hits, drops, lossless, start]
    # Comes after a heading.
    lines = ["", *notes(figures)] if markdown else notes(figures)
    for table in tables:
        title, head, rows = table(figures)
        if rows:
            lines += (_markdown if markdown else _plain)(title, head, rows)
    return "\n".join(lines) + "\n"
