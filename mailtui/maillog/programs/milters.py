"""What stands beside Postfix and judges: opendkim, opendmarc, policyd-spf, postgrey, ClamAV, rspamd, spamd,
saslauthd.

Postfix itself logs what follows from a verdict; these lines are `other`, with the verdict, so that nothing is
counted twice. A login that saslauthd refuses is `auth_failed`.
"""

from __future__ import annotations

from mailtui.maillog.programs.shape import ID, NUMBER, WHOLE, Shape

_KEY = r"s=(?P<selector>[^,\s)]*),? d=(?P<domain>[^,\s)]*)"

_OPENDKIM = (
    Shape(rf"{ID}: DKIM-Signature field added \({_KEY}\)", "other", verdict="signed"),
    Shape(rf"{ID}: DKIM verification successful", "other", verdict="pass"),
    Shape(rf"{ID}: {_KEY}(?: a=\S+)? SSL ?-?(?P<reason>.*)", "other"),
    Shape(rf"{ID}: (?P<reason>bad signature data|signature verification failed)", "other", verdict="fail"),
    Shape(rf"{ID}: (?P<reason>no signature data)", "other", verdict="none"),
    Shape(
        rf"{ID}: (?P<reason>key retrieval failed) \({_KEY}\)(?:: (?P<about>.*))?",
        "other",
        verdict="temperror",
    ),
    Shape(
        rf"{ID}: (?P<client_name>\S*) \[(?P<client_address>[^\]]*)\] "
        rf"(?P<reason>not internal|not authenticated)",
        "other",
    ),
    Shape(rf"{ID}: (?P<reason>.*)", "other"),
)
_OPENDMARC = (
    Shape(
        rf"{ID}: SPF\((?P<about>\w+)\): (?P<domain>\S+) "
        rf"(?P<verdict>pass|fail|softfail|neutral|none|temperror|permerror)",
        "other",
    ),
    Shape(rf"{ID}:? (?P<domain>\S+) (?P<verdict>pass|fail|none|temperror|permerror)", "other"),
    Shape(rf"{ID}:? (?P<reason>.*)", "other"),
)
_SPF = r"(?P<verdict>None|Neutral|Pass|Fail|Softfail|SoftFail|Temperror|Permerror|Whitelisted)"
_SPF_PAIRS = (
    r"identity=(?P<about>\w+); client-ip=(?P<client_address>[^;]+);(?: helo=(?P<helo>[^;]*);)?"
    r"(?: envelope-from=(?P<sender>[^;]*);)?(?: receiver=<?(?P<recipient>[^;>\s]*)>?.*)?"
)
_POLICYD = (
    Shape(rf"(?:: )?prepend Received-SPF: {_SPF} \([^)]*\) {_SPF_PAIRS}", "other"),
    Shape(rf"(?:: )?{_SPF}; {_SPF_PAIRS}", "other"),
    Shape(
        r"(?:: )?prepend Authentication-Results: \S+ spf=(?P<verdict>\w+) \((?P<reason>[^)]*)\) "
        r"smtp\.(?P<about>\w+)=(?P<domain>\S*) \(client-ip=(?P<client_address>[^;]+); helo=(?P<helo>[^;]*); "
        r"envelope-from=(?P<sender>[^;]*); receiver=(?P<recipient>[^;)]*)\)",
        "other",
    ),
    Shape(r"(?:: )?(?P<code>[45]\d\d) (?:(?P<dsn>\d\.\d{1,3}\.\d{1,3}) )?(?P<reason>.*)", "other"),
    Shape(r"ERROR: (?P<reason>.*)", "warning", level="error"),
)
_POSTGREY = (
    Shape(
        rf"(?:\w+: )?action=(?P<verdict>\w+), reason=(?P<reason>[^,]*)(?:, delay=(?P<delay>{NUMBER}))?"
        r"(?:, client_name=(?P<client_name>[^,]*))?(?:, client_address=(?P<client_address>[^,/]*)(?:/\d+)?)?"
        r"(?:, sender=(?P<sender>[^,]*))?(?:, recipient=(?P<recipient>[^,]*))?",
        "other",
    ),
    Shape(
        rf"delayed (?P<delay>{NUMBER}) seconds: client=(?P<client_name>[^,]*), from="
        rf"(?P<sender>[^,]*), to=(?P<recipient>.*)",
        "other",
        verdict="pass",
    ),
)
_CLAMAV = (
    Shape(
        r"Message (?:(?P<queue_id>[0-9A-Za-z]{5,25}) )?from <?"
        r"(?P<sender>[^>\s]*)>? to <?(?P<recipient>[^>]*?)>?"
        r"(?: with subject '(?P<about>.*?)')?(?: message-id '<?(?P<message_id>[^'>]*)>?'(?: date '[^']*')?)?"
        r" infected by (?P<reason>.*)",
        "other",
        verdict="infected",
    ),
    Shape(
        r"(?:Clean message|Message) from <?(?P<sender>[^>\s]*)>? to <?(?P<recipient>[^>]*?)>?(?: .*)?",
        "other",
        verdict="clean",
    ),
    Shape(r"(?P<about>\S+): (?P<reason>\S+) FOUND", "other", verdict="infected"),
    Shape(r"(?:WARNING|\^)[:!]? ?(?P<reason>.*)", "warning", level="warning"),
    Shape(r"(?:ERROR|!)[:!]? ?(?P<reason>.*)", "warning", level="error"),
)
_RSPAMD = (
    Shape(
        r"(?:<\w*>; )?(?:\w+; )*rspamd_task_write_log: (?:id: <"
        r"(?P<message_id>[^>]*)>)?(?:, ?qid: <(?P<queue_id>[^>]*)>)?"
        r"(?:, ?ip: (?P<client_address>[^,\s]+))?(?:, ?user: "
        r"(?P<sasl_username>[^,]+))?(?:, ?from: <(?P<sender>[^>]*)>)?,? ?"
        rf"\(\w+: \w \((?P<verdict>[^()]*)\): \[(?P<score>{NUMBER})/{NUMBER}\] \[(?P<about>[^\]]*)\]\)"
        rf"(?:, len: (?P<size>{WHOLE}))?(?:, time: (?P<elapsed_ms>{NUMBER})ms)?"
        rf"(?:.*?, rcpts: <(?P<recipient>[^>]*)>)?.*",
        "other",
    ),
)
_SPAMD = (
    Shape(
        rf"(?:spamd: )?identified spam \((?P<score>{NUMBER})/{NUMBER}\) for "
        rf"(?P<about>\S+) in (?P<elapsed>{NUMBER}) seconds"
        rf"(?:, *(?P<size>{WHOLE}) bytes)?\.?",
        "other",
        verdict="spam",
    ),
    Shape(
        rf"(?:spamd: )?clean message \((?P<score>{NUMBER})/{NUMBER}\) for "
        rf"(?P<about>\S+) in (?P<elapsed>{NUMBER}) seconds"
        rf"(?:, *(?P<size>{WHOLE}) bytes)?\.?",
        "other",
        verdict="clean",
    ),
    Shape(
        rf"(?:spamd: )?result: (?P<status>[Y.]) +(?P<score>{NUMBER}) - "
        rf"(?P<about>\S*) .*?size=(?P<size>{WHOLE}),"
        r".*?mid=<(?P<message_id>[^>]*)>.*",
        "other",
    ),
    Shape(
        r"(?:spamd: )?(?:checking|processing) message <(?P<message_id>[^>]*)> for (?P<about>\S+?)\.?", "other"
    ),
    Shape(r"(?:spamd: )?connection from (?P<client_name>\S+) ?\[(?P<client_address>[^\]]+)\].*", "connect"),
)
_SASLAUTHD = (
    Shape(
        r"do_auth +: auth failure: \[user=(?P<sasl_username>[^\]]*)\](?: \[service=(?P<service>[^\]]*)\])?"
        r"(?: \[realm=(?P<domain>[^\]]*)\])?(?: \[mech=(?P<about>[^\]]*)\])?(?: \[reason=(?P<reason>.*)\])?",
        "auth_failed",
    ),
    Shape(
        r"pam_unix\((?P<service>\w+):auth\): (?P<reason>authentication "
        r"failure);.*?(?: user=(?P<sasl_username>\S+))?",
        "auth_failed",
    ),
)
_OF = {
    "opendkim": _OPENDKIM, "opendmarc": _OPENDMARC, "policyd-spf": _POLICYD, "pyspf-milter": _POLICYD,
    "postgrey": _POSTGREY, "clamav-milter": _CLAMAV, "clamd": _CLAMAV, "clamsmtpd": _CLAMAV,
    "rspamd": _RSPAMD, "rspamd_proxy": _RSPAMD, "spamd": _SPAMD, "spamd-child": _SPAMD,
    "saslauthd": _SASLAUTHD,
}  # fmt: skip


def shapes(program: str) -> tuple[Shape, ...]:
    """The shapes of one of these programs' lines."""
    return _OF.get(program, ())
