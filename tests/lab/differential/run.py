"""`scripts/differential`: what explain says, compared with what the real smtpd answers.

python -m tests.lab.differential.run --sessions N --seed S [--setups M]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from mailtui.demo.lab import Lab, unavailable

ROOT = Path(__file__).parents[3]


def differential(
    lab: Lab, *, seed: str, sessions: int, setups: int, shrink: int = 5, timeout: float = 3600
) -> dict[str, Any]:
    """Run the sessions in a lab's namespace. Raises RuntimeError in the words of what went wrong there."""
    asked = {
        "seed": seed, "sessions": sessions, "setups": setups, "shrink": shrink, "zone": str(lab.place.names),
    }  # fmt: skip
    module = "tests.lab.differential.inside"
    argv = [sys.executable, "-c", f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r});"
            f" runpy.run_module({module!r}, run_name='__main__', alter_sys=True)", json.dumps(asked)]  # fmt: skip
    done = lab.run(*argv, timeout=timeout)
    if not done.ok:
        raise RuntimeError(done.words)
    result: dict[str, Any] = json.loads(done.out)
    result["fatal"] = _fatal(lab.log.read_text("utf-8", "replace"))
    return result


def _fatal(log: str) -> list[str]:
    """What any daemon died of, each once."""
    words = (
        line.partition("]: ")[2]
        for line in log.splitlines()
        if re.search("fatal: |panic: |killed by|exit status", line)
    )
    return list(dict.fromkeys(words))


def printed(result: dict[str, Any]) -> str:
    """The result as a table, each difference as what it takes to see it again."""
    counts = sorted(result["restrictions"].items(), key=lambda item: (-item[1], item[0]))
    lines = [f"{count:7}  {name}" for name, count in counts]
    lines.append(f"{len(counts)} kinds of rules in {result['setups']} set-ups")
    outcomes = sorted(result["outcomes"].items())
    lines.append("answers: " + ", ".join(f"{code} × {count}" for code, count in outcomes))
    lines += [f"unknown × {count}: {why}" for why, count in result["unknown"]]
    lines += [f"log: {words}" for words in result["fatal"]]
    for number, each in enumerate(result["differences"], 1):
        lines += ["", f"difference {number}  (seed {each['seed']})", *_difference(each)]
    lines.append("")
    lines.append(f"{result['sessions']} sessions, {len(result['differences'])} differences")
    return "\n".join(lines)


def _difference(each: dict[str, Any]) -> list[str]:
    lines = [f"  smtpd    {each['smtpd']}", f"  explain  {each['explain']}", f"  session  {each['session']}"]
    lines += [f"  {name} = {value}" for name, value in each["options"].items()]
    lines += [f"  {name} = {value}" for name, value in each["base"].items()]
    lines += [f"  {kind}:{name}: {text!r}" for name, (kind, text) in each["tables"].items()]
    return lines + [f"    {step}" for step in each["steps"]]


def main() -> int:
    options = argparse.ArgumentParser(prog="scripts/differential", description=__doc__)
    options.add_argument("--sessions", type=int, default=2000)
    options.add_argument("--seed", default="1")
    options.add_argument("--setups", type=int, default=0, help="default: one for 20 sessions")
    options.add_argument("--shrink", type=int, default=5, help="differences to make small (default 5)")
    asked = options.parse_args()
    why = unavailable()
    if why is not None:
        raise SystemExit(f"no lab: {why}")
    with Lab() as lab:
        result = differential(
            lab,
            seed=asked.seed,
            sessions=asked.sessions,
            setups=asked.setups or max(1, asked.sessions // 20),
            shrink=asked.shrink,
        )
    print(printed(result))
    return 1 if result["differences"] else 0


if __name__ == "__main__":
    os.environ.pop("PYTHONWARNINGS", None)
    sys.exit(main())
