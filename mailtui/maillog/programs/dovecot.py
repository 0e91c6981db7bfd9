"""Dovecot's logins, authentication and deliveries (doc: "Logging", "Dovecot logging for LMTP and LDA")."""

from __future__ import annotations

from mailtui.maillog.programs.shape import WHOLE, Shape

_LEVELS = (
    ("Warn(?:ing)?: ", "warning"),
    ("Error: ", "error"),
    ("Fatal: ", "fatal"),
    ("Panic: ", "panic"),
)
_SERVICE = r"(?:Info: )?(?:(?P<service>imap|pop3|managesieve|submission)-login: )?(?:Info: )?"
"""The service is missing where the login process logs under its own name."""
_PAIRS = (
    r"(?: user=<(?P<sasl_username>[^>]*)>,?)?(?: method=(?P<sasl_method>[^,\s]+),?)?"
    r"(?: rip=(?P<client_address>[^,\s]+),?)?(?: lip=(?P<server_address>[^,\s]+),?)?"
)
_CONNECTION = (
    r"(?:<[^<>]*>)*(?:^|: )(?:Info: )?(?:[a-z-]+: )?(?:conn \S+ \([^)]*\): auth(?:-worker)?<\d+>: )?"
)
_WORKER = rf"(?:Info: )?(?:(?:dovecot: )?(?P<service>auth(?:-worker)?)(?:\([^()]*\))?)?{_CONNECTION}"
_FOR_USER = (
    r"(?:Info: )?(?:dovecot: )?(?P<service>auth(?:-worker)?)\("
    r"(?P<sasl_username>[^(),]*),(?P<client_address>[0-9A-Fa-f.:]+)"
    rf"(?:,[^()]*)?\){_CONNECTION}"
)
_AUTH_FAILED = (
    r"unknown user.*|[Uu]nknown user.*|[Ii]nvalid credentials.*|[Pp]assword mismatch.*|"
    r"pam_authenticate\(\) failed: .*"
)
_SHAPES = (
    Shape(
        rf"{_SERVICE}(?P<status>Login): user=<(?P<sasl_username>[^>]*)>,?"
        r"(?: method=(?P<sasl_method>[^,\s]+),?)?(?: rip=(?P<client_address>[^,\s]+),?)?"
        r"(?: lip=(?P<server_address>[^,\s]+),?)?(?!.*Authentication Failure).*",
        "other",
    ),
    Shape(
        rf"{_SERVICE}(?P<status>Login): user=<(?P<sasl_username>[^>]*)>,?"
        r"(?: method=(?P<sasl_method>[^,\s]+),?)?(?: rip=(?P<client_address>[^,\s]+),?)?"
        r"(?: lip=(?P<server_address>[^,\s]+),?)? (?P<reason>Authentication Failure):.*",
        "auth_failed",
    ),
    Shape(
        rf"{_SERVICE}(?P<status>Login aborted|Aborted login|Disconnected|Remote closed connection|"
        r"Client has quit the connection)(?::? [^(]*(?:\("
        r"(?!auth failed|tried to use|proxy dest)[^()]*\)[^(]*)*)? ?"
        rf"\((?P<reason>auth failed[^()]*|tried to use [^()]* auth|proxy dest auth "
        rf"failed|{WHOLE} authentication attempts)\)"
        rf"[^:]*:{_PAIRS}.*",
        "auth_failed",
    ),
    Shape(
        rf"{_SERVICE}(?P<status>Login aborted|Aborted login|Disconnected|Remote closed connection|"
        rf"Client has quit the connection)(?P<reason>(?:(?! user=<| rip=).)*?):?{_PAIRS}(?:(?! rip=).)*",
        "disconnect",
    ),
    Shape(
        rf"{_WORKER}(?P<about>[a-z-]{{3,15}})\((?P<sasl_username>[^(),]*),"
        rf"(?P<client_address>[^(),<>]+)(?:,[^()]*)?\): "
        rf"(?P<reason>{_AUTH_FAILED})",
        "auth_failed",
    ),
    Shape(rf"{_FOR_USER}(?P<reason>{_AUTH_FAILED})", "auth_failed"),
    Shape(rf"{_WORKER}(?P<reason>{_AUTH_FAILED})", "auth_failed"),
    Shape(
        r"(?:dovecot-auth: )?pam_unix\(dovecot:auth\): "
        r"(?P<reason>authentication failure); .*? ruser=(?P<sasl_username>\S*?) "
        r"rhost=(?P<client_address>[0-9A-Fa-f.:]+).*",
        "auth_failed",
    ),
    Shape(
        r"(?P<service>lmtp|lda|deliver)\((?:\d+, )?(?P<recipient>[^()<>,]+?)(?:, \d+)?\)"
        r"(?:<[^<>]*>)*: (?:Info: )?(?:[\w+/=]+: )?"
        r"(?:sieve: )?msgid=(?:<(?P<message_id>[^>]*)>|(?:[^:\s]*)): (?P<text>"
        r"(?:saved|stored|forwarded) (?:mail|message)? ?"
        r"(?:in)?to (?:mailbox )?'?(?P<mailbox>[^'\s]+)'?.*)",
        "delivered",
    ),
    Shape(
        r"(?P<service>lmtp|lda|deliver)\((?:\d+, )?(?P<recipient>[^()<>,]+?)(?:, \d+)?\)"
        r"(?:<[^<>]*>)*: (?:Info: )?(?:[\w+/=]+: )?"
        r"(?:sieve: )?msgid=(?:<(?P<message_id>[^>]*)>|(?:[^:\s]*)): (?P<text>.*)",
        "other",
    ),
    Shape(r"(?P<service>lmtp)\(\d+\): (?P<status>Connect) from (?P<client_address>\S+)", "connect"),
    Shape(r"(?P<service>lmtp)\(\d+\): (?P<status>Disconnect) from "
    r"(?P<client_address>[^\s:]+): (?P<reason>.*)", "disconnect"),
    Shape(r"Dovecot v(?P<version>\S+).* starting up.*", "other"),
    *(
        Shape(rf"(?:[\w-]+(?:\([^()]*\))?(?:<[^<>]*>)*: )?{word}(?P<reason>.*)",
              "fatal" if level in {"fatal", "panic"} else "warning", level=level)
        for word, level in _LEVELS
    ),
)  # fmt: skip


def shapes(_program: str) -> tuple[Shape, ...]:
    """The shapes of Dovecot's lines."""
    return _SHAPES
