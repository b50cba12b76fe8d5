# What a person types. Each target with a "## " text shows up in `make help`, the default.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The project's own code builds without a warning; a user's build is never stopped by one (see Package.swift).
export POSTGRES_AGENT_STRICT := 1

# Homebrew keeps libpq aside, since macOS has one of its own without headers.
ifeq ($(shell uname -s),Darwin)
export PKG_CONFIG_PATH := $(shell brew --prefix 2>/dev/null)/opt/libpq/lib/pkgconfig:$(PKG_CONFIG_PATH)
endif

.PHONY: help demo test build release lint format bench docs fuzz clean

help: ## this list
	@printf 'postgres-agent: ask a PostgreSQL database through MCP, safely\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@printf '\nThe first run of demo or test installs what is missing and says what.\n'

demo: ## a private PostgreSQL with a sample shop, and one question answered through MCP (DEMO_EXIT=1: end after it)
	@DEMO_EXIT="$(DEMO_EXIT)" scripts/demo.sh

test: ## every test, against a PostgreSQL of their own
	@scripts/test.sh

build: ## debug build of everything
	@scripts/bootstrap.sh
	swift build --build-tests

release: ## optimised agentd and agentctl in .build-release/release
	@scripts/bootstrap.sh
	@scripts/release.sh

lint: ## formatting, shell and Python syntax, no path of one machine
	@scripts/lint.sh

format: ## rewrite the Swift sources in the project's format
	swift format --in-place --parallel --recursive Sources Tests Examples Benchmarks Package.swift

bench: ## timings and memory of the release build, with the limits that they must keep
	@scripts/bootstrap.sh
	@scripts/bench.sh

docs: ## the libraries' DocC documentation in .build-docs/archives
	@scripts/bootstrap.sh
	@scripts/docs.sh

fuzz: ## libFuzzer on the lexer, JSON-RPC and the configuration (FUZZ_SECONDS=600 each)
	@scripts/bootstrap.sh
	@scripts/fuzz.sh "$${FUZZ_SECONDS:-600}"

clean: ## remove what was built and cached
	rm -rf .build .build-* .cache
