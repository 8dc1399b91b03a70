#!/usr/bin/env python3
"""options_seeds.py FOLDER: the command lines of the documents, as options_fuzz.cc takes them."""
import pathlib
import re
import shlex
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WHOSE = {("read",): 1, ("as", "nettrace"): 2, ("as", "perf", "trace"): 3, ("as", "tracepkt"): 4,
         ("drop",): 5, ("as", "packetdrop"): 6, ("as", "skbtracer"): 7}


def command_lines():
    for file in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for found in re.finditer(r"^(?:# )?skbtrail (.+)$", file.read_text(), re.MULTILINE):
            try:
                yield shlex.split(found.group(1), comments=True)
            except ValueError:
                pass  # it goes on in the next line


def seed(words):
    for begin, whose in WHOSE.items():
        if tuple(words[:len(begin)]) == begin:
            return bytes([whose]) + "\n".join(words[len(begin):]).encode()
    return b"\0" + "\n".join(words).encode()


folder = pathlib.Path(sys.argv[1])
for number, words in enumerate(command_lines()):
    (folder / f"documents-{number:03}").write_bytes(seed(words))
