"""policyd-spf.conf(5), spf-engine 3.0."""

from __future__ import annotations

TEXT = """\
Authserv_Id  text  HOSTNAME  The name that stands first in Authentication-Results (Header_Type = AR); HOSTNAME is the system's name. opendmarc must trust it.
debugLevel  number  1  How much is logged: 0 errors only, 1 verdicts, 2 to 4 more and more; -1 nothing at all.
defaultSeedOnly  number  1  The old name of TestOnly.
Domain_Whitelist  names  -  Domains by whose SPF record a client may pass unchecked: forwarders. No blanks between them.
Domain_Whitelist_PTR  names  -  Domains whose hosts, by their PTR name, pass unchecked. No blanks between them.
Header_Type  choice:SPF|AR|None  SPF  The header in which the verdict is told: Received-SPF, Authentication-Results (AR), or none. opendmarc reads either, AR only under a name that it trusts.
HELO_pass_restriction  text  -  A restriction or class of Postfix that holds where the HELO name passes.
HELO_reject  choice:Fail|SPF_Not_Pass|Softfail|Null|False|No_Check  Fail  When a HELO name is refused: Fail on -all, Softfail on ~all too, SPF_Not_Pass on all but pass, Null only for bounces, False never, No_Check without a look.
HELO_Whitelist  names  -  HELO names that pass unchecked, if their address is the client's. No blanks between them.
Hide_Receiver  choice:No|Yes  No  Leave the receiving host out of headers and answers; any word but No does.
InternalHosts  text  127.0.0.1  For the milter pyspf-milter only: hosts that are left alone.
IntHosts  text  -  A name for inner use; leave it out.
Lookup_Time  number  20  Seconds for the DNS questions of one check; HELO and MAIL FROM have as much each, and smtpd_policy_service_timeout must be longer than all.
MacroList  text  -  For the milter pyspf-milter only: macros that mark a client as ours.
Mail_From_pass_restriction  text  -  A restriction or class of Postfix that holds where the sender passes.
Mail_From_reject  choice:Fail|SPF_Not_Pass|Softfail|False|No_Check  Fail  When a sender is refused: Fail on -all, Softfail on ~all too, SPF_Not_Pass on all but pass, False never (a header only, for DMARC to judge), No_Check without a look.
Mock  text  -  Add a header that says nothing, for a second instance: some Postfix hide the first header from milters. Any text turns it on, even False: leave it out.
No_Mail  choice:False|True  False  Refuse only what comes from domains that send no mail at all (v=spf1 -all).
Per_User  text  -  A file with other settings for some recipients.
PermError_reject  choice:False|True  False  Refuse mail of domains whose SPF record is broken.
PidFile  file  -  For the milter pyspf-milter only: where it writes its process number.
Prospective  text  -  For mail that goes out: the address from which it will be sent, to see whether it would pass.
Reason_Message  text  Message {rejectdefer} due to: {spf}. Please see {url}  What the client is told. Neither = nor # can stand in it.
Reject_Not_Pass_Domains  names  -  Domains refused on softfail and neutral too: those that are forged most. No blanks between them.
skip_addresses  networks  127.0.0.0/8,::ffff:127.0.0.0/104,::1  Client networks that are not checked, marked in a header: your own. No blanks between them, no host bits set.
Socket  text  -  For the milter pyspf-milter only: where it listens.
SPF_Enhanced_Status_Codes  choice:Yes|No  Yes  Answer with the codes of RFC 7372 (5.7.23) instead of 5.7.1.
TempError_Defer  choice:False|True  False  Defer mail whose check fails for want of a DNS answer.
TestOnly  choice:1|0  1  1 refuses, as set below. 0 is the test mode: headers only, nothing is refused. Yes, it is that way round.
UMask  number  7  For the milter pyspf-milter only: the mask of its socket.
UserID  text  -  For the milter pyspf-milter only: the user that it becomes.
Void_Limit  number  2  DNS questions without an answer that one SPF record may cost (RFC 7208).
Whitelist  networks  -  Client networks that pass unchecked: relays and forwarders that you trust. No blanks between them, no host bits set.
Whitelist_Lookup_Time  number  10  Seconds for each check of a whitelist.
"""  # noqa: E501  # one keyword a line
