"""The command line. `main` finds a command's module only when it is used; one command is one module here.

Add a command by writing its module with one click command, and its row in `COMMANDS` of `main`.
"""
