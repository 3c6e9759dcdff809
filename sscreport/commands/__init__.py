"""The subcommands, one module each: its help, its options, and what it does.

Only the standard library and `problems` are imported at the top of these modules, so that
``--help`` is quick; the rest is imported when a command runs.
"""
