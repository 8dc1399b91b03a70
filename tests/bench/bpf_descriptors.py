"""What BPF a process holds, read from its descriptors (/proc/PID/fdinfo): no bpftool is needed, and programs of other
processes do not get in between."""

import os


def _fields(pid, fd):
    with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as lines:
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _of_kind(pid, kind):
    """Fields of every descriptor that is a link to `anon_inode:KIND`."""
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{fd}") == f"anon_inode:{kind}":
                yield _fields(pid, fd)
        except FileNotFoundError:  # closed meanwhile
            continue


def count(pid, kind):
    return sum(1 for _ in _of_kind(pid, kind))


def tracepoints(pid):
    """{program id: tracepoint} of what is attached."""
    return {int(link["prog_id"]): link["tp_name"] for link in _of_kind(pid, "bpf_link") if "tp_name" in link}


def run_times(pid):
    """{tracepoint: (ns, hits)}: zeros unless the kernel keeps statistics."""
    names = tracepoints(pid)
    programs = {int(program["prog_id"]): program for program in _of_kind(pid, "bpf-prog")}
    return {name: (int(programs[number]["run_time_ns"]), int(programs[number]["run_cnt"]))
            for number, name in names.items() if number in programs}


def map_bytes(pid):
    """Kernel memory of its maps."""
    return sum({each["map_id"]: int(each["memlock"]) for each in _of_kind(pid, "bpf-map")}.values())
