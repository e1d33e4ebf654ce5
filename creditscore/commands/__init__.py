"""The commands, one a file: each has `WHAT` it does, an `EXAMPLE`, its `add_arguments` and its `run`."""
