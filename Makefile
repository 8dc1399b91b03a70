# Two commands for a newcomer: `make demo` and `make test`. Each does everything, from packages to result.
.PHONY: all setup build demo test test-vm soak unit sanitize fuzz bench bench-vm lint recipes format install clean

PRESET ?= default
KERNELS ?= 5.10 6.1 6.12 newest
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

all: build

# What packages.txt names and the machine lacks.
setup:
	@tests/setup/install-packages packages.txt

build: setup
	@[ -f build/build.ninja ] && [ "$(PRESET)" = default ] || cmake --preset $(PRESET)
	@cmake --build --preset $(PRESET)

demo: setup
	@[ -f build/build.ninja ] || cmake --preset $(PRESET)
	@cmake --build --preset $(PRESET) --target skbtrail
	@$(SUDO) tests/demo build/skbtrail

test: build
	@$(SUDO) ctest --test-dir build --output-on-failure -j 2

# Mixed traffic for so long, with the program running all the time, and 100,000 mixed packets of which no trail may hold two.
SECONDS ?= 600
soak: build
	@$(SUDO) env SKBTRAIL_BUILD=$(CURDIR)/build PYTHONDONTWRITEBYTECODE=1 SKBTRAIL_SOAK_SECONDS=$(SECONDS) SKBTRAIL_MIXED_PACKETS=100000 \
	  /usr/bin/python3 -m pytest -q -s -p no:cacheprovider tests/live/soak.py \
	  tests/live/test_trails_mixed.py::test_no_trail_holds_two_packets_whatever_they_are

# The same object and tests on Debian's kernels, under QEMU. SOAK=1: also a tenth of `make soak`.
test-vm: build
	@tests/setup/install-packages tests/vm/packages.txt
	@tests/vm/check-tracers
	@tests/vm/check-reasons
	@tests/vm/check-results
	@SKBTRAIL_VM_SOAK=$(SOAK) tests/vm/run-matrix $(KERNELS)

# The unit tests under the sanitizers; `make sanitize` runs the others so as well. BPF_FROM=build: with the BPF objects of
# a build directory that is up to date.
unit: setup
	@cmake --preset sanitize -DSKBTRAIL_BPF_FROM=$(abspath $(BPF_FROM))
	@cmake --build --preset sanitize --target unit_tests
	@ctest --test-dir build-sanitize --output-on-failure -j 2 -R '^unit/'

sanitize: setup
	@cmake --preset sanitize
	@cmake --build --preset sanitize
	@$(SUDO) ctest --test-dir build-sanitize --output-on-failure -j 2

# Each target for FUZZ_SECONDS.
FUZZ_SECONDS ?= 60
fuzz: setup
	@cmake --preset fuzz
	@cmake --build --preset fuzz
	@tests/fuzz/run build-fuzz $(FUZZ_SECONDS)

# Of single rooms, then of the live tracer: minutes; BENCH_OPTIONS=--quick for a trial.
bench: build
	@cmake --build --preset default --target bench
	@build/packet_bench
	@build/replay_bench
	@$(SUDO) tests/bench/run $(BENCH_OPTIONS)

# Of tracing functions, beside a loader and programs that do no more than they must: in guests, minutes.
bench-vm: build
	@tests/setup/install-packages tests/vm/packages.txt
	@tests/bench/run-vm $(BENCH_OPTIONS)

lint: build
	@tests/lint/run

# The commits that CONTRIBUTING.md shows, each built and tested in a copy of this tree: minutes.
recipes: setup
	@tests/recipes/check --build

format:
	@git ls-files '*.h' '*.c' '*.cc' | xargs clang-format -i

install: build
	@DESTDIR="$(DESTDIR)" cmake --install build

clean:
	@rm -rf build build-sanitize build-fuzz
