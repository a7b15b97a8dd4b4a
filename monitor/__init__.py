"""Watches the wires and runs the program.

`feeds` brings items in (fetch → parse → publish), `desk` reads and writes a desk folder, `embedded`
starts a broker and a memory where none is given, `program` runs the roles, `cli` is the command
line, `demo` a small newsroom.  Imports `alerts` and `streams`; nothing imports it.
"""
