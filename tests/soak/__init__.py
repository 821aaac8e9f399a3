"""Xiaohe as real processes under load, killed again and again: what was acknowledged is there, once.

soak.py       one run: who is started, whom it hits, what must hold at the end
programs.py   the processes: web, worker, keeper, an import
sender.py     a client that retries as SDKs do, and remembers what was acknowledged
keeper.py     a second drainer, compactor and tidier beside the worker's
look.py       what the ledger holds, asked in a process of its own
"""
