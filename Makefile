# Each target does its own set-up; the first run takes a while, later ones do not.

# Compiled modules halve the time of a start; some shells forbid to keep them.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
# What a check needs to know of a deployment, in a folder of its own.
CHECK := DATA_DIR=.venv/check-data PUBLIC_URL=https://chat.example.com
SOURCES := chatapp conversations tests scripts manage.py

.PHONY: help run test check e2e chaos bench screenshots clean

help:
	@echo "make run          start Colloquy on http://localhost:8000/"
	@echo "make test         all tests: unit and integration, then the browser"
	@echo "make check        format, lint, types, layers, templates, migrations, settings"
	@echo "make e2e          only the tests in a browser"
	@echo "make chaos        break everything on purpose; writes docs/reliability.md"
	@echo "make bench        measure against two baselines; writes docs/benchmarks.md"
	@echo "make screenshots  take the pictures in docs/ again"
	@echo "make clean        remove what the other targets installed or cached (never data/)"

run:
	@sh scripts/bootstrap
	@DEBUG=0 exec $(PYTHON) manage.py serve

# Two runs: a browser's event loop and those of the asynchronous tests exclude each other.
test:
	@sh scripts/bootstrap --dev
	@status=0; \
	$(PYTHON) -m pytest -m "not browser" -n 3 || status=$$?; \
	$(PYTHON) -m pytest -m browser -n 2 || status=$$?; \
	exit $$status

e2e:
	@sh scripts/bootstrap --dev
	@$(PYTHON) -m pytest -m browser -n 2

check:
	@sh scripts/bootstrap --dev
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(CHECK) $(PYTHON) -m mypy $(SOURCES)
	$(CHECK) .venv/bin/lint-imports --no-logo
	find templates conversations chatapp -name "*.html" -exec .venv/bin/djade --check --target-version 6.1 {} +
	$(CHECK) $(PYTHON) manage.py makemigrations --check --dry-run
	$(CHECK) $(PYTHON) manage.py check --deploy --fail-level WARNING

chaos:
	@sh scripts/bootstrap --dev
	@$(PYTHON) -m tests.chaos

bench:
	@sh scripts/bootstrap --dev
	@$(PYTHON) -m tests.bench

screenshots:
	@sh scripts/bootstrap --dev
	@$(PYTHON) -m tests.e2e.screenshots

clean:
	rm -rf .venv .tooling .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
