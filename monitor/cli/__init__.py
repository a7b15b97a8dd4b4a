"""The command line: parse, call, print, exit code, nothing else.  One file per command.

Libraries are imported by the command that needs them, so that `--help` is quick.
"""

import typer

from monitor.cli import (
    check,
    config,
    demo,
    dlq,
    doctor,
    explain,
    feeds,
    health,
    init,
    match,
    rules,
    run,
    test,
)

app = typer.Typer(
    name="wirewatch",
    help="Watch news wires, tell the right desk about the right story, exactly once, and say why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("run")(run.run)
app.command("check")(check.check)
app.command("test")(test.try_rules)
app.command("explain")(explain.explain)
app.command("match")(match.match)
app.add_typer(feeds.app, name="feeds")
app.add_typer(rules.app, name="rules")
app.add_typer(dlq.app, name="dlq")
app.command("doctor")(doctor.doctor)
app.command("config")(config.config)
app.command("health")(health.health)
