"""`wirewatch demo`: everything on bundled wires."""

import os
from pathlib import Path

from monitor.cli.options import ForOption, JsonOption, duration_s

DESK = Path("desk")


def demo(for_: ForOption = "", as_json: JsonOption = False) -> None:
    """Run the whole pipeline on bundled wires: no account, no broker, no set-up."""
    from monitor.cli.run import carry_out, console_maker, end, leave_on_signals
    from monitor.demo.scene import demo_plan

    leave_on_signals()
    make_sink = console_maker(as_json=as_json)
    with demo_plan(DESK, dict(os.environ), duration_s(for_), make_sink) as plan:
        code = carry_out(plan, as_json=as_json)
    end(code)
