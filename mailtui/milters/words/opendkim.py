"""opendkim.conf(5), opendkim 2.11."""

from __future__ import annotations

TEXT = """\
AllowSHA1Only  boolean  no  Start even where the library has no SHA-256 and could only make rsa-sha1, which nobody trusts.
AlwaysAddARHeader  boolean  no  Add an Authentication-Results header to unsigned mail too, saying that there was no signature.
ATPSDomains  list  -  Domains for which the author's domain may let another sign (RFC 6541, hardly used).
ATPSHashAlgorithm  text  sha256  The hash by which such third-party names are looked up in the DNS.
AuthservID  text  -  The name that stands first in Authentication-Results; default the host that Postfix calls itself, HOSTNAME the system's name. opendmarc must trust the same name.
AuthservIDWithJobID  boolean  no  Put the queue id behind that name, so that a header can be matched with the log.
AutoRestart  boolean  no  A parent process starts the filter again when it dies; systemd does that better.
AutoRestartCount  number  0  After so many restarts it gives up; 0: never.
AutoRestartRate  text  -  How many restarts in what time are too many, as 10/1h.
Background  boolean  yes  Go into the background after the start; a service manager decides it by -f.
BaseDirectory  folder  -  The folder that it changes to first: relative file names begin there, and core dumps fall there.
BodyLengthDB  list  -  Recipients whose mail is signed with l=, so that a list may append a footer; text of a stranger's would pass too.
BogusKey  choice:fail|neutral|none  fail  What a good signature is worth whose key DNSSEC proves forged.
Canonicalization  choice:relaxed/relaxed|relaxed/simple|simple/simple|simple/relaxed|relaxed|simple  simple  How much header/body may change on the way before a signature of ours breaks: relaxed forgives blanks and folding, simple nothing. relaxed/relaxed survives most.
CaptureUnknownErrors  boolean  no  Ask Postfix to hold (quarantine) a message on which the filter failed inside.
ChangeRootDirectory  folder  -  Chroot there before work begins; every file must then be found inside.
ClockDrift  number  300  Seconds that the clock of another host may be off before a signature counts as expired or from the future.
Diagnostics  boolean  no  Put copies of the headers into signatures (z=), to find out what changed them; for a while only.
DiagnosticDirectory  folder  -  Where it writes what differs when a signature with z= fails.
DisableCryptoInit  boolean  no  Leave the start of the SSL library to somebody else; not on an ordinary server.
DNSConnect  boolean  no  Ask name servers by TCP from the first question.
DNSTimeout  number  5  Seconds to wait for the DNS; keep it well below milter_command_timeout of Postfix. 0: for ever.
Domain  list  -  Domains whose mail is signed, with the one key of KeyFile and Selector. Void where a KeyTable is set.
DomainKeysCompat  boolean  no  Accept key records of DomainKeys, the predecessor of DKIM.
DontSignMailTo  list  -  Recipients to whom mail is never signed; one of them among the recipients is enough.
EnableCoredumps  boolean  no  Let the system write a core dump when the filter crashes.
ExemptDomains  list  -  Domains whose mail (by its From:) the filter leaves alone altogether.
ExternalIgnoreList  hosts  -  Hosts outside that may send as our domains; silences `external host … tried to send mail as`, and signs nothing.
FinalPolicyScript  file  -  A Lua script that decides when the whole message is known.
FixCRLF  boolean  no  Treat a bare CR or LF in a body as a line end when the signature is computed.
IgnoreMalformedMail  boolean  no  Pass messages that are no proper mail without a word, instead of noting it in a header.
Include  file  -  Another file that is read at this place.
InternalHosts  hosts  127.0.0.1,::1  Hosts whose mail is signed, not verified. A list of your own replaces the default: name both in it. Clients that logged in are signed for anyway.
KeepAuthResults  boolean  no  Leave Authentication-Results of our own name in mail that comes in, forged ones too.
KeepTemporaryFiles  boolean  no  Keep what was hashed for each message in TemporaryDirectory; for debugging, it fills the disk.
KeyFile  key  -  The private key (PEM) of Domain and Selector. Void where a KeyTable is set.
KeyTable  keytable  -  The table of keys: name, then domain:selector:file. A SigningTable says who signs with which.
LDAPAuthMechanism  text  -  How it proves itself to an LDAP server; empty: simple.
LDAPAuthName  text  -  The SASL name for an LDAP server.
LDAPAuthRealm  text  -  The SASL realm for an LDAP server.
LDAPAuthUser  text  -  The SASL user for an LDAP server.
LDAPBindPassword  secret  -  The password for an LDAP server; it stands here in clear text.
LDAPBindUser  text  -  The DN with which it binds to an LDAP server.
LDAPDisableCache  boolean  no  Ask the LDAP server each time, without a cache.
LDAPKeepaliveIdle  text  -  Seconds of silence before TCP probes the LDAP connection.
LDAPKeepaliveInterval  text  -  Seconds between two such probes.
LDAPKeepaliveProbes  text  -  Probes without an answer after which the connection is given up.
LDAPTimeout  text  5  Seconds that a question to LDAP may take.
LDAPUseTLS  boolean  no  Talk TLS to the LDAP server.
LogResults  boolean  no  Log the result of every signature that could be read.
LogWhy  boolean  no  Log why a message is signed, verified or neither: the first thing to turn on when a message is not signed.
MacroList  list  -  Milter macros that mark a client as ours, as daemon_name or auth_type|VALUE; its mail is signed.
MaximumHeaders  number  65536  Bytes of header that are taken; longer is refused. 0: any.
MaximumSignaturesToVerify  number  3  How many signatures of a message are verified, from the top.
MaximumSignedBytes  number  -  Sign only so many bytes of a body (l=); what follows could be anybody's.
MilterDebug  number  0  How much libmilter logs of the dialogue with Postfix, up to 6.
Minimum  text  -  How much of a body a signature with l= must cover to count: N bytes, N%, or N+ at most unsigned.
MinimumKeyBits  number  1024  Signatures by smaller RSA keys do not count; 0: all do.
Mode  choice:sv|s|v  sv  s signs, v verifies, sv does both.
MTA  list  -  Names of Postfix services (daemon_name of milter_macro_daemon_name) whose mail is signed.
MTACommand  file  /usr/sbin/sendmail  The program that sends its reports.
MultipleSignatures  boolean  no  Sign with every row of the SigningTable that matches, and not the first alone.
MustBeSigned  list  -  Headers that a signature must cover, where they are there, to count.
Nameservers  addresses  -  Name servers to ask instead of those of /etc/resolv.conf.
NoHeaderB  boolean  no  Leave the tag header.b out of Authentication-Results.
OmitHeaders  list  -  Headers that our signatures do not cover.
On-BadSignature  action  accept  What becomes of a message whose signature fails. Mailing lists break signatures: accept, and let DMARC judge.
On-Default  action  -  The action for every failure, before the particular ones below it.
On-DNSError  action  tempfail  What becomes of a message whose key cannot be looked up just now.
On-InternalError  action  tempfail  What becomes of a message on which the filter itself fails.
On-KeyNotFound  action  accept  What becomes of a message whose key is not in the DNS.
On-NoSignature  action  accept  What becomes of a message without a signature: most honest mail of small senders has none.
On-Security  action  tempfail  What becomes of a message that looks like an attack on the filter.
On-SignatureError  action  reject  What becomes of a message of ours that cannot be signed: key unreadable, headers broken.
OverSignHeaders  list  -  Headers listed once more than they occur, so that nobody can add another; From is the one that matters.
PeerList  hosts  -  Clients whose mail passes without a look: neither signed nor verified.
PidFile  file  -  Where it writes its process number.
Quarantine  boolean  no  Have Postfix put what fails on hold; somebody must look at the queue then.
QueryCache  boolean  no  Keep DNS answers itself; a name server on this host does it for all.
RedirectFailuresTo  address  -  Send mail whose signature fails to this address instead.
RemoveARAll  boolean  no  Remove all Authentication-Results of RemoveARFrom's hosts, not only those about DKIM.
RemoveARFrom  list  -  Hosts whose Authentication-Results are removed; default our own name.
RemoveOldSignatures  boolean  no  Take the signatures out of a message that we sign.
ReplaceHeaders  list  -  Headers to which ReplaceRules apply; default all.
ReplaceRules  file  -  Patterns and texts: how later rewriting by Postfix will change headers, so that the signature fits the result.
ReportAddress  address  -  The From: of its reports.
ReportBccAddress  address  -  Who gets a copy of its reports.
RequestReports  boolean  no  Ask in our signatures for reports when they fail (RFC 6651).
RequiredHeaders  boolean  no  Refuse mail whose headers occur too often or are missing (RFC 5322, 3.6).
RequireSafeKeys  boolean  yes  Refuse a key that others could read or write, by its mode or that of a folder above it: mail is deferred then.
ResolverConfiguration  file  -  A configuration file for the resolver, where that is unbound.
ResolverTracing  boolean  no  Trace the resolver, where it can.
ScreenPolicyScript  file  -  A Lua script that runs when the headers are known.
SelectCanonicalizationHeader  text  X-Canonicalization  A header of the message that picks its canonicalization.
Selector  text  -  The selector of the one key of KeyFile: SELECTOR._domainkey.DOMAIN is its record. Void where a KeyTable is set.
SenderHeaders  list  From  Headers in which the sender is looked for, in order.
SenderMacro  text  -  A milter macro that names the sender instead.
SendReports  boolean  no  Send a report where the sender's signature asks for one and fails.
SetupPolicyScript  file  -  A Lua script that decides what is signed and verified.
SignatureAlgorithm  text  rsa-sha256  The algorithm of our signatures; an ed25519 key needs a row of its own in the KeyTable.
SignatureTTL  number  -  Seconds for which our signatures are good; none: for ever. Queued mail must arrive in time.
SignHeaders  list  -  Headers that our signatures cover, beside those that DKIM demands.
SigningTable  signingtable  -  Who signs with which key of the KeyTable: a pattern for the sender, and a key's name. Write refile: before the file for patterns with *.
SoftStart  boolean  no  Start even if an LDAP or SQL server does not answer.
SoftwareHeader  boolean  no  Add a DKIM-Filter header with program and version.
Socket  socket  -  Where it listens: local:/path, inet:PORT@HOST (Postfix writes inet:HOST:PORT) or inet6:PORT@HOST. Without it nothing starts.
Statistics  file  -  Where it writes statistics, where it was built to.
StatisticsName  text  -  The host name in them.
StatisticsPrefix  text  -  What is put before data that is hashed in them.
StrictHeaders  boolean  no  Neither sign nor verify mail whose headers occur too often or are missing.
StrictTestMode  boolean  no  Demand CRLF line ends from a test message (-t).
SubDomains  boolean  no  Sign for subdomains of Domain too.
Syslog  boolean  no  Log to the mail log; without it nothing is heard of it.
SyslogFacility  text  mail  The facility of the log.
SyslogName  text  opendkim  The name in the log, where several run.
SyslogSuccess  boolean  no  Log signatures made and verified as well as failures.
TemporaryDirectory  folder  /tmp  Where KeepTemporaryFiles puts its files.
TestDNSData  list  -  DNS answers from a file, for tests.
TestPublicKeys  file  -  Public keys from a file instead of the DNS, for tests.
TrustAnchorFile  file  -  The root key of DNSSEC, where the resolver is unbound, as in Debian.
TrustSignaturesFrom  list  -  Domains whose signatures count for mail of others; default all.
UMask  number  -  The mask for the socket's mode: 007 lets the group in (Postfix must be of it), 000 everybody, 022 nobody but the owner.
UnprotectedKey  choice:none|neutral|fail  none  What a good signature is worth whose key is not protected by DNSSEC.
UserID  user  -  USER or USER:GROUP that it becomes; the key must be readable to it.
VBR-Certifiers  text  -  Certifiers named in our mail (vouch by reference, experimental).
VBR-PurgeFields  boolean  no  Take the VBR settings out of headers before the mail goes.
VBR-TrustedCertifiers  text  -  Certifiers that we believe.
VBR-TrustedCertifiersOnly  boolean  no  Ask those alone, whatever the mail names.
VBR-Type  text  -  The VBR type of our mail.
WeakSyntaxChecks  boolean  no  Go on with mail whose syntax is broken early.
X-Header  boolean  no  Add a header with the filter's name; SoftwareHeader is the newer word.
"""  # noqa: E501  # one keyword a line

RESTART = frozenset({
    "autorestart", "autorestartcount", "autorestartrate", "background", "changerootdirectory",
    "milterdebug", "pidfile", "quarantine", "querycache", "socket", "stricttestmode", "testpublickeys",
    "umask", "userid",
})  # fmt: skip
"""What is read at the start alone (opendkim.c, main); all else is read again at SIGUSR1."""
