"""Pieces of patterns that several daemons' lines share."""

from __future__ import annotations

from mailtui.maillog.programs.shape import WHOLE

ENVELOPE = (
    r"(?:from=<(?P<sender>[^>]*|.*?)>,? ?)?(?:to=<(?P<recipient>[^>]*|.*?)>,? ?)?"
    r"(?:proto=(?P<proto>[^\s,]+),? ?)?(?:helo=(?:<(?P<helo>[^>]*|.*?)>)?)?"
    r"(?:,? sasl_method=[^\s,]+)?(?:,? sasl_username=<?(?P<sasl_username>[^\s,>]+)>?)?"
)
"""The pairs at the end of a decision (log_whatsup in smtpd_check.c); postscreen puts commas between them."""

BRIEF_TLS = (
    rf"(?P<tls_protocol>[^ ]+) with cipher (?P<tls_cipher>[^ ]+) "
    rf"\((?P<tls_bits>{WHOLE})/(?P<tls_algorithm_bits>{WHOLE}) bits\)"
)
TLS = BRIEF_TLS + (
    r"(?: key-exchange (?P<tls_key_exchange>\S+(?: \([^()]*\))?))?"
    r"(?: server-signature (?P<tls_signature>\S+(?: \([^()]*\))?))?(?: server-digest (?P<tls_digest>\S+))?"
    r"(?: client-signature \S+(?: \([^()]*\))?)?(?: client-digest \S+)?(?: to .*)?"
)
"""What tls_log_summary() says of a session (tls_misc.c)."""
