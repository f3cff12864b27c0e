"""The pure part: values and functions over them. Standard library only; no I/O, clock, log or randomness."""
