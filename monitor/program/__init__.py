"""One process from start to a clean stop.

`plan` says what to run, `process` runs it: `standing` brings broker and memory up (`reach` waits
for them), `roles` serve, `reload` follows the rule files; `report`, `progress`, `health` and
`logs` say what goes on.
"""
