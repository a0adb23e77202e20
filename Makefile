# make book   a book from four words, on a new checkout: needs Python 3.11 or later, nothing else
# make check  lint, types and the fast tests, in under a minute
# make test   everything that the project promises
# make help   the other commands
PYTHON ?= python3
VENV   ?= .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
LOCK := -q --universal --generate-hashes --no-emit-index-url --no-header -p 3.11 --upgrade
PIP := -m pip --disable-pip-version-check -q install
# A lock file is whole: pip asks nobody what else is needed. When it asked, a release of the day
# could be found before the locked one, and the installation failed.
LOCKED := $(PIP) --no-deps --require-hashes

ERA        ?= 조선시대
PLACE      ?= 깊은 숲속 마을
CHARACTERS ?= 호기심 많은 토끼, 겁 많은 호랑이
TOPIC      ?= 우정
# Through the environment, so that the shell takes the words as they are.
export STORY_ERA        = $(value ERA)
export STORY_PLACE      = $(value PLACE)
export STORY_CHARACTERS = $(value CHARACTERS)
export STORY_TOPIC      = $(value TOPIC)

# Bytecode is kept, whatever the shell says: each process would compile all of the program and, where
# it runs tests, rewrite all of their asserts.
export PYTHONDONTWRITEBYTECODE =

VENDORED := LICENSE $(foreach it,lit-html directive directive-helpers async-directive \
	directives/repeat directives/live directives/ref,$(it).js $(it).d.ts)

vendor: node_modules/.package-lock.json  ## fetch the page's library anew, as package-lock.json has it
	@cd storybook/reader/vendor && for it in $(VENDORED); do \
		sed '/sourceMappingURL/d' ../../../node_modules/lit-html/$$it > lit-html/$$it; done && \
		find lit-html -type f | LC_ALL=C sort | xargs sha256sum > SHA256SUMS

.PHONY: book serve lint check test vendor crash dist bench-quick bench-books bench-servers bench-voices audit lock docs pictures voices screenshots clean help
.DEFAULT_GOAL := help

book: $(VENV)/base.done          ## make one book: ERA=… PLACE=… CHARACTERS=… TOPIC=…
	@$(BIN)/storybook make --era "$$STORY_ERA" --place "$$STORY_PLACE" \
		--characters "$$STORY_CHARACTERS" --topic "$$STORY_TOPIC"

serve: $(VENV)/base.done         ## start the server at http://127.0.0.1:8000
	@$(BIN)/storybook serve

lint: $(VENV)/test.done          ## style, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy

check: lint                      ## lint and the fast tests, in under a minute: while you work
	@$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow" \
		--durations 5 --durations-min 2

node_modules/.package-lock.json: package-lock.json
	@if command -v npm >/dev/null 2>&1; then npm ci --silent && touch $@; \
		else echo "no npm here: the types of the page's modules are not checked"; fi

test: lint node_modules/.package-lock.json  ## lint and all tests, with what they need from the system
	@sh tests/install-system-packages
	@$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=

dist: $(VENV)/base.done          ## build wheel and sdist, and make a book with the wheel alone
	@rm -rf dist
	@$(BIN)/hatchling build
	@bare=$$(mktemp -d) && trap 'rm -rf "$$bare"' EXIT && bin="$$bare/$(notdir $(BIN))" && \
		$(PYTHON) -m venv "$$bare" && \
		"$$bin/python" $(LOCKED) -r requirements/base.txt && \
		"$$bin/python" $(PIP) --no-deps dist/*.whl && \
		cd "$$bare" && "$$bin/storybook" --data data make --era "$$STORY_ERA" \
			--place "$$STORY_PLACE" --characters "$$STORY_CHARACTERS" --topic "$$STORY_TOPIC"

crash: $(VENV)/test.done          ## kill the server 150 times at random moments: every book and edition is made
	@$(BIN)/python -m tests.whole.crash

bench-quick: $(VENV)/test.done  ## measure every figure beside its reach, in under two minutes
	@$(BIN)/python -m bench.quick

bench-books: $(VENV)/test.done  ## measure what the composer's books are like: overlap, turns, checks
	@$(BIN)/python -m bench.books

bench-servers: $(VENV)/test.done  ## measure how well real servers and models are understood
	@$(BIN)/python -m bench.servers.all

bench-voices: $(VENV)/test.done  ## measure how well the narrators that are there are understood
	@$(BIN)/python -m bench.voices

docs: $(VENV)/base.done          ## draw anew what the documents show of the code's tables
	@$(BIN)/python -m docs.draw

pictures: $(VENV)/base.done      ## paint anew what the page shows before there is any book
	@$(BIN)/python -m docs.paint

screenshots: $(VENV)/test.done   ## take anew the picture of the page that the documents show
	@KEEP_SCREENSHOTS=1 $(BIN)/python -m pytest -n0 tests/reader/test_screens.py

voices: $(VENV)/base.done        ## speak anew the samples by which a voice is chosen
	@$(BIN)/python -m docs.speak

audit: $(VENV)/audit.done        ## look for known vulnerabilities in every locked dependency
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip \
		$(foreach locked,$(wildcard requirements/*.txt),-r $(locked))

lock: $(VENV)/lock.done          ## resolve and pin all dependencies again, with hashes
	$(BIN)/uv pip compile $(LOCK) pyproject.toml -o requirements/base.txt
	$(BIN)/uv pip compile $(LOCK) -c requirements/base.txt requirements/build.in -o requirements/build.txt
	$(BIN)/uv pip compile $(LOCK) --extra test -c requirements/base.txt pyproject.toml \
		-o requirements/test.txt
	for tool in lock audit; do $(BIN)/uv pip compile $(LOCK) -c requirements/test.txt \
		requirements/$$tool.in -o requirements/$$tool.txt || exit; done

$(VENV)/base.done: requirements/base.txt requirements/build.txt pyproject.toml
	@echo "Installing storybook into $(VENV) …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"storybook needs Python 3.11 or later, found " + sys.version.split()[0] + \
		"; name another one: make book PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(LOCKED) -r requirements/base.txt -r requirements/build.txt
	@$(BIN)/python $(PIP) --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/test.done: $(VENV)/base.done requirements/test.txt
	@$(BIN)/python $(LOCKED) -r requirements/test.txt
	@$(BIN)/python -m pip --disable-pip-version-check -q check
	@touch $@

$(VENV)/lock.done: $(VENV)/base.done
	@$(BIN)/python $(LOCKED) -r requirements/lock.txt
	@touch $@

$(VENV)/audit.done: $(VENV)/base.done requirements/audit.txt
	@$(BIN)/python $(LOCKED) -r requirements/audit.txt
	@touch $@

clean:                           ## remove the virtual environment and caches; data/ stays
	rm -rf $(VENV) .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache *.egg-info dist

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
