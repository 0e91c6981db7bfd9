"""opendmarc.conf(5), opendmarc 1.4."""

from __future__ import annotations

TEXT = """\
AuthservID  text  -  The name that stands first in the Authentication-Results that it adds; default the host that Postfix calls itself, HOSTNAME the system's name.
AuthservIDWithJobID  boolean  no  Put the queue id behind that name.
AutoRestart  boolean  no  A parent process starts the filter again when it dies; systemd does that better.
AutoRestartCount  number  0  After so many restarts it gives up; 0: never.
AutoRestartRate  text  -  How many restarts in what time are too many, as 10/1h.
Background  boolean  yes  Go into the background after the start; a service manager decides it by -f.
BaseDirectory  folder  -  The folder that it changes to first: relative file names begin there.
ChangeRootDirectory  folder  -  Chroot there before work begins; every file must then be found inside.
CopyFailuresTo  address  -  Who gets a copy of each message that fails; as an envelope recipient, unseen by the others.
DNSTimeout  number  5  Seconds to wait for the DNS.
DomainWhitelist  list  -  Domains whose ARC seals are believed when DMARC itself fails: forwarders and lists that you trust.
DomainWhitelistFile  file  -  A file with more of them, one a line.
DomainWhitelistSize  number  3000  Room for so many of them.
EnableCoredumps  boolean  no  Let the system write a core dump when the filter crashes.
FailureReports  boolean  no  Send a report of each failure to domains that ask for one (ruf=); it tells them of your users' mail.
FailureReportsBcc  addresses  -  Who gets a copy of each such report.
FailureReportsOnNone  boolean  no  Report failures of domains with p=none too.
FailureReportsSentBy  address  -  The From: of such reports.
HistoryFile  file  -  Where it notes every verdict, from which opendmarc-import and opendmarc-reports make aggregate reports.
HoldQuarantinedMessages  boolean  no  Put mail that fails under p=quarantine on hold in Postfix's queue. Without it such mail is delivered, with the verdict in a header.
IgnoreAuthenticatedClients  boolean  no  Leave mail of clients that logged in alone: your own users' mail has no DKIM or SPF yet, and would fail.
IgnoreHosts  hosts  127.0.0.1  A file of hosts, addresses and networks whose mail is left alone, one a line. A file of your own replaces the default.
IgnoreMailFrom  list  -  Domains (of From:) whose mail is left alone.
IgnoreMailTo  list  -  Recipients that are not noted in the history file, so that reports are not reported on.
MilterDebug  number  0  How much libmilter logs of the dialogue with Postfix, up to 6.
PidFile  file  -  Where it writes its process number.
PublicSuffixList  file  -  The list that tells example.co.uk from co.uk. Without it only a record of the exact domain is found, and alignment with subdomains fails.
RecordAllMessages  boolean  no  Note messages of domains without a DMARC record in the history file too.
RejectFailures  boolean  no  Refuse mail that fails under p=reject, and defer what cannot be judged just now. Without it a header is all that comes of a failure.
RejectMultiValueFrom  boolean  no  Refuse mail with several From: addresses of different domains.
RejectString  text  rejected by DMARC policy for %s  What the client is told; %s must stand in it, and becomes the domain of From:.
ReportCommand  file  /usr/sbin/sendmail  The program to which failure reports are handed.
RequiredHeaders  boolean  no  Refuse mail whose headers occur too often or are missing, or whose From: names no domain.
Socket  socket  -  Where it listens: local:/path, inet:PORT@HOST (Postfix writes inet:HOST:PORT) or inet6:PORT@HOST. Without it nothing starts.
SoftwareHeader  boolean  no  Add a DMARC-Filter header with program and version.
SPFIgnoreResults  boolean  no  Believe no SPF result that it finds in a header.
SPFSelfValidate  boolean  no  Check SPF itself where no header tells of it. Where policyd-spf adds Received-SPF, that is used.
Syslog  boolean  no  Log to the mail log; without it nothing is heard of it.
SyslogFacility  text  mail  The facility of the log.
TestDNSData  file  -  DNS answers from a file, for tests.
TrustedAuthservIDs  list  -  Names in Authentication-Results that are believed: the AuthservID of your opendkim must be among them. HOSTNAME is the system's name; default AuthservID.
UMask  number  -  The mask for the socket's mode: 0007 lets the group in (Postfix must be of it), 0000 everybody, 0022 nobody but the owner.
Userid  user  -  USER or USER:GROUP that it becomes.
"""  # noqa: E501  # one keyword a line

RESTART = frozenset({
    "autorestart", "autorestartcount", "autorestartrate", "background", "changerootdirectory",
    "ignorehosts", "milterdebug", "pidfile", "socket", "umask", "userid",
})  # fmt: skip
"""What is read at the start alone (opendmarc.c, main); all else is read again at SIGUSR1."""
