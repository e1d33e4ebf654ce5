# make train | make test | make check: each makes the environment it needs, in .venv, on first use.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: train test check warm clean

train: $(VENV)/installed
	$(BIN)/python -m creditscore.train configs/sample.yaml

test: $(VENV)/installed
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(PYTEST)

check: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What is compiled, once, ahead of processes that would each do it.
warm: $(VENV)/installed
	$(BIN)/python -c "from creditscore.warm import warm; warm()"

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) runs .pytest_cache .mypy_cache .ruff_cache
