# The task runner: developers and continuous integration run the same recipes.
.DEFAULT_GOAL := help
.PHONY: help setup program build archive image demo up test lint fmt bench corpora fuzz chaos prepare deploy-check

# Queries are checked against the committed `.sqlx` folders; no build needs a database.
export SQLX_OFFLINE := true

CARGO ?= cargo
BUILT := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
PROGRAMS := quittance quittance-invoicing quittance-payments quittance-credit-risk quittance-collections quittance-reporting

help: ## Shows this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Installs missing prerequisites
	@scripts/setup test

program: # The one program people run, without the services of their own
	@scripts/setup run
	QUITTANCE_COMMIT="$$(git rev-parse --short=12 HEAD 2>/dev/null)" $(CARGO) build --release --locked -p quittance
	scripts/scan-probes $(BUILT)/release/quittance

build: ## Builds the six release programs, and scans them for a compiler bug
	@scripts/setup run
	QUITTANCE_COMMIT="$$(git rev-parse --short=12 HEAD 2>/dev/null)" $(CARGO) build --release --locked --bins $(PROGRAMS:%=-p %)
	scripts/scan-probes $(PROGRAMS:%=$(BUILT)/release/%)

archive: build ## Packs the stripped programs, and their debug information separately
	scripts/archive $(BUILT)/release $(PROGRAMS)

image: build ## Builds the image of the programs without a Docker engine, as root, and starts it once
	scripts/image $(BUILT)/release

demo: program ## Builds, then runs a generated year through all services
	$(BUILT)/release/quittance demo

up: program ## Builds, then runs all services with a private database
	$(BUILT)/release/quittance up

test: setup lint ## All checks required before a change is merged
	$(CARGO) test --workspace --locked
	scripts/fuzz 3
	QUITTANCE_PROGRAMS="$(abspath $(BUILT))/release" scripts/deploy-check

lint: ## Formatting, clippy, the rules of the API and the description of the topics
	$(CARGO) fmt --all --check
	scripts/buf lint proto
	scripts/buf breaking proto --against tests/contract/landed/contract.binpb
	scripts/asyncapi/check
	.cache/openapi/bin/openapi-spec-validator docs/openapi.json
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

fmt: ## Formats the sources
	$(CARGO) fmt --all

bench: ## Measures throughput, compared with raw PostgreSQL, tonic and a Kafka client
	@scripts/setup test
	$(CARGO) run --release --locked -p quittance-bench

corpora: ## Compares the parsers and the matching with collections outside the repository; CORPORA=folder
	@test -d "$(CORPORA)" || { echo "CORPORA=$(CORPORA) is not a folder" >&2; exit 1; }
	@scripts/setup run
	$(CARGO) build --locked -p quittance
	CORPORA="$(abspath $(CORPORA))" QUITTANCE_PROGRAM="$(abspath $(BUILT))/debug/quittance" $(CARGO) test --locked -p quittance-corpora --test outside

fuzz: ## Fuzzes the parsers of bank files; SECONDS= for each, TARGET= for one
	@scripts/setup run
	scripts/fuzz $(or $(SECONDS),60) $(TARGET)

chaos: ## Runs the suite under load and injects faults; SEED=, MINUTES=
	@scripts/setup test
	$(CARGO) run --release --locked -p quittance-e2e -- --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

deploy-check: ## Checks the Dockerfile, the Helm chart and the compose file
	scripts/deploy-check

prepare: ## Regenerates the checked queries in the `.sqlx` folders
	scripts/sqlx-prepare
