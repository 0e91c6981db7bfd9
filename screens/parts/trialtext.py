"""A tried login as plain text: the answer, why, and the session. Passwords are masked in it already."""

from __future__ import annotations

from mailtui.sasl.trial import Trial, Tried


def lines_of(trial: Trial) -> list[str]:
    """All of it; of the sessions after the first what follows AUTH."""
    first = trial.tried[0].attempt
    found = [f"{first.host} port {first.port}" + (f", {first.tls}" if first.tls else ", no TLS")]
    if first.certificate is not None:
        found.append(first.certificate.words())
    for one in trial.tried:
        found += ["", *_answer(one)]
    found += ["", "The session:"]
    for number, one in enumerate(trial.tried):
        lines = [str(line) for line in one.attempt.transcript]
        begins = next((at for at, line in enumerate(lines) if line.startswith("> AUTH")), 0)
        found += ["", *(lines[begins:] if number else lines)]
    return found


def _answer(one: Tried) -> list[str]:
    attempt = one.attempt
    answer = f"{attempt.code} {attempt.text}" if attempt.code else attempt.problem
    lines = [f"{attempt.mechanism or 'AUTH'}: {'yes' if attempt.ok else 'NO'}  {answer}"]
    lines += [f"  why  {reason.text}" for reason in one.reasons]
    return lines + [f"  log  {text}" for text in one.log]
