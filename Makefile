# Thin aliases; `python3 dev.py` is the door, because slim images have no make.
.PHONY: run test setup lint messages
run test setup lint messages:
	python3 dev.py $@
