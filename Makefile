# Two commands for a newcomer: `make demo` and `make test`. Each does everything, from packages to result.
.PHONY: all setup build demo test test-vm sanitize fuzz bench bench-vm lint format install clean

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

# The same object and tests on Debian's kernels, under QEMU.
test-vm: build
	@tests/setup/install-packages tests/vm/packages.txt
	@tests/vm/check-tracers
	@tests/vm/check-results
	@tests/vm/run-matrix $(KERNELS)

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

format:
	@git ls-files '*.h' '*.c' '*.cc' | xargs clang-format -i

install: build
	@DESTDIR="$(DESTDIR)" cmake --install build

clean:
	@rm -rf build build-sanitize build-fuzz
