"""What the kernels of the lab have, read from the packages that fetch-kernel unpacks, without booting any: the BTF of
vmlinux and of the modules below net/, and the symbol tables of modules.

Needs lz4, xz and zstd as the kernels are packed.
"""
import lzma
import pathlib
import struct
import subprocess
import sys
import zlib

HERE = pathlib.Path(__file__).resolve().parent
KERNELS = ["5.10", "6.1", "6.12", "newest", "6.12-generic"]
INT, POINTER, ARRAY, STRUCT, UNION, ENUM, FORWARD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC = range(1, 13)
FUNC_PROTO, VAR, DATASEC, DECL_TAG, TYPE_TAG, ENUM64 = 13, 14, 15, 17, 18, 19
TAGS = {STRUCT: "struct ", FORWARD: "struct ", UNION: "union ", ENUM: "enum ", ENUM64: "enum "}
# Bytes after the 12 of every type: fixed, and for each member.
EXTRA = {INT: (4, 0), ARRAY: (12, 0), STRUCT: (0, 12), UNION: (0, 12), ENUM: (0, 8), FUNC_PROTO: (0, 8),
         VAR: (4, 0), DATASEC: (0, 12), DECL_TAG: (4, 0), ENUM64: (0, 12)}


def run(command, packed):
    # A stream may end in the middle of padding, of which lz4 and zstd complain.
    done = subprocess.run(command, input=packed, capture_output=True, check=False)
    if not done.stdout:
        sys.exit(f"{command[0]}: {done.stderr.decode().strip()}")
    return done.stdout


def unpack(packed):
    if packed.startswith(b"\x7fELF"):
        return packed
    if packed.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(packed)
    if packed.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(31).decompress(packed)
    if packed.startswith(b"\x28\xb5\x2f\xfd"):
        return run(["zstd", "-dcq"], packed)
    if packed.startswith(b"\x02\x21\x4c\x18"):
        return run(["lz4", "-dcq"], packed)
    sys.exit(f"a kernel is packed in an unknown way, beginning with {packed[:6].hex()}")


def vmlinux(bzimage):
    """The ELF file in a kernel image, see Documentation/arch/x86/boot.rst."""
    sectors = bzimage[0x1F1] or 4
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    start = (sectors + 1) * 512 + offset
    return unpack(bzimage[start:start + length])


def sections(elf):
    table, = struct.unpack_from("<Q", elf, 0x28)
    size, count, names = struct.unpack_from("<HHH", elf, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", elf, table + i * size) for i in range(count)]
    return {text_at(elf, headers[names][4] + h[0]): elf[h[4]:h[4] + h[5]] for h in headers if h[1] != 8}


def text_at(table, offset):
    return table[offset:table.index(b"\0", offset)].decode()


class Btf:
    """The types of one blob; `base` is that of vmlinux where this one is a module's."""

    def __init__(self, blob, base=None):
        header, types_at, types_length, strings_at, strings_length = struct.unpack_from("<5I", blob, 4)
        self._strings = blob[header + strings_at:header + strings_at + strings_length]
        self._base, self._strings_from = base, base.strings_end if base else 0
        self.strings_end = self._strings_from + strings_length
        self._first = base.end if base else 1
        self._types, self._enums = [], []
        at = header + types_at
        while at < header + types_at + types_length:
            name, kind, target = struct.unpack_from("<III", blob, at)
            members, kind = kind & 0xFFFF, kind >> 24 & 31
            fixed, each = EXTRA.get(kind, (0, 0))
            self._types.append((kind, name, target))
            if kind in (ENUM, ENUM64):
                members_at = range(at + 12, at + 12 + each * members, each)
                self._enums.append((name, [struct.unpack_from("<II", blob, member) for member in members_at]))
            at += 12 + fixed + each * members
        self.end = self._first + len(self._types)

    def text(self, name):
        if name < self._strings_from:
            return self._base.text(name)
        return text_at(self._strings, name - self._strings_from)

    def type(self, number):
        return self._base.type(number) if number < self._first else self._types[number - self._first]

    def own(self, kind):
        """(name, target) of its own types of that kind."""
        return ((self.text(name), target) for found, name, target in self._types if found == kind)

    def enums(self):
        """(name, {enumerator: value}) of its own; of 64 bits the lower half."""
        return ((self.text(name), {self.text(each): value for each, value in members}) for name, members in self._enums)

    def written(self, number):
        """A type as in C, without what is no part of its meaning."""
        if number == 0:
            return "void"
        kind, name, target = self.type(number)
        if kind == POINTER:
            return self.written(target) + " *"
        if kind in (VOLATILE, CONST, RESTRICT, TYPE_TAG):
            return self.written(target)
        return TAGS.get(kind, "") + self.text(name)

    def results(self):
        """(function, what it returns)."""
        return ((name, self.written(self.type(prototype)[2])) for name, prototype in self.own(FUNC))


def symbol_names(parts):
    """Of the functions of a module; before 5.11 modules have no BTF."""
    symbols, strings = parts.get(".symtab", b""), parts.get(".strtab", b"")
    for name, info, _, section, _, _ in struct.iter_unpack("<IBBHQQ", symbols):
        if info & 15 == 2 and section:
            yield text_at(strings, name).split(".")[0]


def kernel_parts(tree):
    """The Btf of vmlinux, and (path, sections, Btf or None) of each module."""
    images = [*tree.glob("boot/vmlinuz-*"), *tree.glob("usr/lib/modules/*/vmlinuz")]
    whole = Btf(sections(vmlinux(images[0].read_bytes()))[".BTF"])
    modules = []
    for path in tree.rglob("*.ko*"):
        if "net" in path.parts:
            parts = sections(unpack(path.read_bytes()))
            modules.append((path, parts, Btf(parts[".BTF"], whole) if ".BTF" in parts else None))
    return whole, modules


def kernel_tree(kernel):
    """Where fetch-kernel unpacked it; None, and it has said why."""
    fetched = subprocess.run([HERE / "fetch-kernel", kernel], stdout=subprocess.PIPE, text=True, check=False)
    return pathlib.Path(fetched.stdout.strip()) if fetched.returncode == 0 else None
