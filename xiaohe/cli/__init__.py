"""The command line: the same actions as the pages, one file per command in `commands/`.

Only the standard library is imported until a command needs the stores (`inside.enter`), so that the supervisor
of `xiaohe up`, which lives as long as the shop does, stays small.
"""
