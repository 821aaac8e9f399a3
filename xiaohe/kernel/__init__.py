"""The ground everything stands on: ids, clock, money, errors, workspaces and the control store's doors."""
