# The front door: every target is a line over CMake's presets (CMakePresets.json), which editors and IDEs know, too.
.DEFAULT_GOAL := release
.PHONY: help release profiled dev run test test-all asan tsan cover fuzz chaos bench bench-micro bench-compare docs lint \
	analyze install deb clean
PRESET_DIR = build/$@
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local

help:      ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## */\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

release:   ## build/release/millrace, optimised (the default)
	cmake --preset release && cmake --build --preset release -j $(JOBS)

profiled:  ## build/profiled/millrace: the release, optimised by what it does under load (EVENTS="--config FILE EVENTS")
	tools/profiled-build build/profiled $(EVENTS)

dev:       ## build/dev: debugging, warnings are errors
	cmake --preset dev && cmake --build --preset dev -j $(JOBS)

run: release   ## start it with the embedded Kafka and the sample tracking plan
	build/release/millrace run --config config/first-steps.yaml

test: dev  ## the tests that need no network and no broker: unit, golden, house
	ctest --test-dir build/dev --output-on-failure -j $(JOBS) -LE 'system|suite|chaos'

test-all:  ## every test there is, with a real Kafka; installs what it needs
	sh tools/test-all

asan:      ## unit and golden tests under the address and undefined-behaviour sanitizers
	cmake --preset asan && cmake --build --preset asan -j $(JOBS)
	ctest --test-dir $(PRESET_DIR) --output-on-failure -j $(JOBS) -L 'unit|golden'

tsan:      ## unit and golden tests under the thread sanitizer (file sink only)
	cmake --preset tsan && cmake --build --preset tsan -j $(JOBS)
	ctest --test-dir $(PRESET_DIR) --output-on-failure -j $(JOBS) -L 'unit|golden'

cover:     ## line coverage of the unit and golden tests: build/cover/coverage.txt
	cmake --preset cover && cmake --build --preset cover -j $(JOBS)
	ctest --test-dir $(PRESET_DIR) --output-on-failure -j $(JOBS) -L 'unit|golden'
	tools/coverage $(PRESET_DIR)

FUZZ_SECONDS ?= 20
fuzz:      ## every fuzz target for FUZZ_SECONDS (20) each
	cmake --preset fuzz && cmake --build --preset fuzz -j $(JOBS)
	tools/fuzz-smoke $(PRESET_DIR) $(FUZZ_SECONDS)

chaos: release   ## damage in its long form (two hours on two cores), and the tables of docs/reliability.md
	tools/chaos build/release

bench:     ## CPU microseconds per event with a real broker, whole and in pairs (ten minutes)
	tests/bench/whole

bench-micro:   ## the parts by themselves: CPU nanoseconds, and instructions by callgrind
	tests/bench/micro --instructions

REV ?= HEAD
bench-compare:   ## what lies here against the revision REV (HEAD): CPU time in pairs, instructions by file
	tests/bench/compare $(REV)

docs: dev  ## docs/reference, config/millrace.yaml and the man page, printed by the program
	tools/docs build/dev/millrace

lint:      ## arrows, words, clang-tidy
	cmake --preset dev
	tools/check-arrows && tools/check-words && tools/check-rows
	tools/tidy build/dev

analyze:   ## gcc's -fanalyzer over src/
	cmake --preset dev
	tools/analyze build/dev

install:   ## to PREFIX (/usr/local); DESTDIR is honoured, and a configuration that is there is kept
	cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) && cmake --build --preset release -j $(JOBS)
	cmake --install build/release

deb:       ## build/package/*.deb
	cmake --preset package && cmake --build --preset package -j $(JOBS)
	cd build/package && cpack

clean:     ## forget every build
	rm -rf build
