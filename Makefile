# Likeness's errands. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := all

# One set of flags for the program and its tests, so that both are made of the same objects. SwiftPM compiles everything
# anew whenever a flag differs, `swift test`'s own second -enable-testing included: hence --disable-testable-imports,
# which drops that one. (Measured: alternating `swift build -c release` and `swift test -c release` costs one full build,
# 70 to 150 s, each way; like this, a second.) -enable-testing itself makes no kernel slower.
SWIFT_FLAGS := -c release -Xswiftc -enable-testing
SWIFT_TEST_FLAGS := $(SWIFT_FLAGS) --disable-xctest --disable-testable-imports
LIKENESS := .build/release/likeness

# What `make` runs, where results and figures go, how many runs at once, where real stores lie; all can be given: make JOBS=2
EXPERIMENTS ?= experiments/quick.yaml experiments/multiface-quick.yaml experiments/masst-quick.yaml
RESULTS ?= results
FIGURES ?= paper-figures
JOBS ?=
DATA ?=

# Worked studies.
EXAMPLES := $(sort $(foreach folder,$(wildcard Examples/*),$(wildcard $(folder)/$(notdir $(folder)).yaml)))

# Experiments that need real face features, which this repository does not hold. They join `make paper` with DATA=DIR.
REAL_DATA_EXPERIMENTS := $(sort $(wildcard experiments/cfp-*.yaml))
PAPER_EXPERIMENTS := $(filter-out $(if $(DATA),,$(REAL_DATA_EXPERIMENTS)) experiments/claims.yaml,$(sort $(wildcard experiments/*.yaml)))
# Those of them that have been reported before.
REPORTED_EXPERIMENTS := $(foreach file,$(PAPER_EXPERIMENTS),\
  $(if $(wildcard $(RESULTS)/$(basename $(notdir $(file)))),$(file)))

# Reports one part of each; those that cannot be, for want of runs, do not keep the others from it and are named at the end.
define report-again
@left=; for file in $(REPORTED_EXPERIMENTS); do \
  $(LIKENESS) report $$file $(REPORT_FLAGS) --only $(1) || left="$$left $$file"; \
done; test -z "$$left" || { echo "left as they were:$$left" >&2; exit 1; }
endef

RUN_FLAGS := --results $(RESULTS)$(if $(JOBS), --jobs $(JOBS))$(if $(DATA), --data $(DATA))
REPORT_FLAGS := $(RUN_FLAGS) --figures $(FIGURES)
SOURCES := Package.swift Sources Tests $(wildcard Benchmarks Examples)

# Each benchmark keeps its last table in a section of its own.
BENCHMARK := swift run -c release --package-path Benchmarks
RECORD := --record $(RESULTS)/benchmarks.md

.PHONY: all build build-tests test slurm-test tables figures paper examples bench bench-peers lint format docs clean setup help

all: build ## set up, build, run the quick experiments, write their tables and figures
	$(foreach file,$(EXPERIMENTS),$(LIKENESS) run $(file) $(RUN_FLAGS) && \
	  $(LIKENESS) report $(file) $(REPORT_FLAGS) &&) true

build: setup ## build the program: .build/release/likeness
	swift build $(SWIFT_FLAGS) --product likeness

build-tests: setup ## build the program and its tests
	swift build $(SWIFT_FLAGS) --build-tests

test: setup ## run all tests, optimised
	swift test $(SWIFT_TEST_FLAGS)

slurm-test: build ## test `likeness submit` on a cluster of this one machine (needs root, slurm-wlm and munge)
	timeout --kill-after=60 240 scripts/slurm-test.sh $(LIKENESS)

tables: build ## write the tables again, of the experiments that have been reported
	@$(if $(REPORTED_EXPERIMENTS),true,echo 'nothing has been reported in $(RESULTS) yet; make runs $(EXPERIMENTS)')
	$(call report-again,tables)

figures: build ## draw the figures again, of the experiments that have been reported
	@$(if $(REPORTED_EXPERIMENTS),true,echo 'nothing has been reported in $(RESULTS) yet; make runs $(EXPERIMENTS)')
	$(call report-again,figures)

paper: build ## run and report every experiment; with DATA=DIR also those on real face features
	@echo 'will run and report: $(PAPER_EXPERIMENTS)'
	@$(if $(DATA),true,echo 'left out for want of DATA=DIR: $(wildcard $(REAL_DATA_EXPERIMENTS))')
	@$(foreach file,$(PAPER_EXPERIMENTS),printf '%s: ' $(file) && $(LIKENESS) run $(file) $(RUN_FLAGS) --dry-run | tail -n 1 &&) true
	$(foreach file,$(PAPER_EXPERIMENTS),$(LIKENESS) run $(file) $(RUN_FLAGS) && \
	  $(LIKENESS) report $(file) $(REPORT_FLAGS) &&) true

examples: build ## run and report the worked studies in Examples
	$(foreach file,$(EXAMPLES),$(LIKENESS) run $(file) $(RUN_FLAGS) && \
	  $(LIKENESS) report $(file) $(REPORT_FLAGS) &&) true

bench: build ## measure this machine and what needs no peer: losses, mechanisms, threads, growth, stores, allocations, MegaFace
	$(LIKENESS) doctor
	swift build -c release --package-path Benchmarks
	$(BENCHMARK) LossBenchmark $(RECORD)
	$(BENCHMARK) StepBenchmark mechanisms $(RECORD)
	$(BENCHMARK) MallocBenchmark $(RECORD)
	$(BENCHMARK) EvaluationBenchmark store $(RECORD)
	$(BENCHMARK) EvaluationBenchmark opening $(RECORD)
	$(BENCHMARK) EvaluationBenchmark threads --rounds 3 $(RECORD)
	$(BENCHMARK) EvaluationBenchmark growth --rounds 3 --figures $(RESULTS)/benchmarks $(RECORD)
	$(BENCHMARK) ScaleBenchmark megaface $(RECORD)

bench-peers: build ## measure beside PyTorch, JAX, NumPy, scikit-learn and faiss, which it installs in Benchmarks/peers/venv
	Benchmarks/peers/setup.sh
	swift build -c release --package-path Benchmarks
	$(BENCHMARK) StepBenchmark compare --rounds 3 --steps 15 --peers eager,compile,jax $(RECORD)
	$(BENCHMARK) ScaleBenchmark ijbc $(RECORD)
	$(BENCHMARK) EvaluationBenchmark operating-points $(RECORD)
	$(BENCHMARK) EvaluationBenchmark megaface --rounds 3 $(RECORD)
	$(BENCHMARK) GridBenchmark $(RECORD)
	$(BENCHMARK) StepBenchmark late --late-steps 400 --rounds 2 --steps 15 --peers compile,jax $(RECORD)

lint: setup ## check the format of all Swift sources
	swift format lint --strict --parallel --recursive $(SOURCES)

format: setup ## format all Swift sources in place
	swift format --in-place --parallel --recursive $(SOURCES)

docs: build ## write the reference pages of the library rooms to docs-build/
	scripts/docs.sh docs-build

clean: ## remove what was built; results and figures stay
	rm -rf .build docs-build

setup: ## install what is missing, or say what to install
	@scripts/setup.sh

help: ## list the targets
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "  %-12s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
