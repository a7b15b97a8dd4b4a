"""Demo: a small newsroom on loopback, to see the whole pipeline work.

`newsroom` serves the bundled wires over HTTP as outlets would; `scene` makes the plan: always
embedded, state in a scratch folder, the rules of ./desk.
"""
