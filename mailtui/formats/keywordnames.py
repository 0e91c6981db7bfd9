"""The keywords that each filter program knows, and what shape their values have.

From the tables of opendkim 2.11 and opendmarc 1.4.2 (config.h), of ClamAV 1.4 (optparser.c) and of
spf-engine 3.0 (policydspfsupp.py): a name that is not here keeps the first three from starting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Shape = Literal["boolean", "integer", "number", "size", "text", "include", "anything"]
"""`boolean`: the first letter counts (opendkim) or the word (ClamAV). `integer`: as C writes it, `0x1f` and
octal `007` too; `number`: digits. `size`: digits and K, M or G. `include`: another file is read here."""


def _names(**shapes: str) -> Mapping[str, Shape]:
    found: dict[str, Shape] = {}
    for shape, names in shapes.items():
        found.update(dict.fromkeys(names.split(), shape))  # type: ignore[arg-type]  # keywords are shapes
    return found


OPENDKIM = _names(
    boolean="AllowSHA1Only AlwaysAddARHeader AuthservIDWithJobID AutoRestart Background CaptureUnknownErrors"
    " Diagnostics DisableCryptoInit DNSConnect DomainKeysCompat EnableCoredumps FixCRLF"
    " IgnoreMalformedMail KeepAuthResults KeepTemporaryFiles LDAPDisableCache LDAPUseTLS LogResults"
    " LogWhy MultipleSignatures NoHeaderB Quarantine QueryCache RemoveARAll RemoveOldSignatures"
    " RequestReports RequiredHeaders RequireSafeKeys ResolverTracing SendReports SoftStart"
    " SoftwareHeader StrictHeaders StrictTestMode SubDomains Syslog SyslogSuccess VBR-PurgeFields"
    " VBR-TrustedCertifiersOnly WeakSyntaxChecks X-Header",
    integer="AutoRestartCount ClockDrift DNSTimeout MaximumHeaders MaximumSignaturesToVerify"
    " MaximumSignedBytes MilterDebug MinimumKeyBits SignatureTTL UMask",
    include="Include",
    text="ATPSDomains ATPSHashAlgorithm AuthservID AutoRestartRate BaseDirectory BodyLengthDB BogusKey"
    " Canonicalization ChangeRootDirectory DiagnosticDirectory Domain DontSignMailTo ExemptDomains"
    " ExternalIgnoreList FinalPolicyScript InternalHosts KeyFile KeyTable LDAPAuthMechanism"
    " LDAPAuthName LDAPAuthRealm LDAPAuthUser LDAPBindPassword LDAPBindUser LDAPKeepaliveIdle"
    " LDAPKeepaliveInterval LDAPKeepaliveProbes LDAPTimeout MacroList Minimum Mode MTA MTACommand"
    " MustBeSigned Nameservers OmitHeaders On-BadSignature On-Default On-DNSError On-InternalError"
    " On-KeyNotFound On-NoSignature On-Security On-SignatureError OverSignHeaders PeerList PidFile"
    " RedirectFailuresTo RemoveARFrom ReplaceHeaders ReplaceRules ReportAddress ReportBccAddress"
    " ResolverConfiguration ScreenPolicyScript SelectCanonicalizationHeader Selector SenderHeaders"
    " SenderMacro SetupPolicyScript SignatureAlgorithm SignHeaders SigningTable Socket Statistics"
    " StatisticsName StatisticsPrefix SyslogFacility SyslogName TemporaryDirectory TestDNSData"
    " TestPublicKeys TrustAnchorFile TrustSignaturesFrom UnprotectedKey UserID VBR-Certifiers"
    " VBR-TrustedCertifiers VBR-Type",
)

OPENDMARC = _names(
    boolean="AuthservIDWithJobID AutoRestart Background EnableCoredumps FailureReports FailureReportsOnNone"
    " HoldQuarantinedMessages IgnoreAuthenticatedClients RecordAllMessages RejectFailures"
    " RejectMultiValueFrom RequiredHeaders SoftwareHeader SPFIgnoreResults SPFSelfValidate Syslog",
    integer="AutoRestartCount DNSTimeout DomainWhitelistSize MilterDebug UMask",
    text="AuthservID AutoRestartRate BaseDirectory ChangeRootDirectory CopyFailuresTo DomainWhitelist"
    " DomainWhitelistFile FailureReportsBcc FailureReportsSentBy HistoryFile IgnoreHosts"
    " IgnoreMailFrom IgnoreMailTo PidFile PublicSuffixList RejectString ReportCommand Socket"
    " SyslogFacility TestDNSData TrustedAuthservIDs Userid",
)

CLAMAV = _names(
    boolean="FixStaleSocket Foreground LogFileUnlock LogRotate LogSyslog LogTime LogVerbose"
    " SupportMultipleRecipients",
    number="MaxThreads ReadTimeout",
    size="LogFileMaxSize MaxFileSize",
    text="AddHeader AllowList Chroot ClamdSocket LocalNet LogClean LogFacility LogFile LogInfected"
    " MilterSocket MilterSocketGroup MilterSocketMode OnClean OnFail OnInfected PidFile RejectMsg"
    " ReportHostname SkipAuthenticated TemporaryDirectory User VirusAction Whitelist",
    anything="AllowSupplementaryGroups AllowAllMatchScan MailFollowURLs",
)
"""`anything`: names of old versions, of which ClamAV says that they are deprecated, and reads on."""

CLAMAV_REPEATED = frozenset({"ClamdSocket", "LocalNet"})
"""Those that may stand more than once: all of them count."""

CLAMAV_CHOICES: Mapping[str, frozenset[str]] = {
    "AddHeader": frozenset({"no", "replace", "yes", "add"}),
    "OnClean": frozenset({"accept", "reject", "defer", "blackhole", "quarantine"}),
    "OnFail": frozenset({"accept", "reject", "defer"}),
    "OnInfected": frozenset({"accept", "reject", "defer", "blackhole", "quarantine"}),
}
"""The values, in small letters, that ClamAV's parser lets in, whatever their case."""

CLAMD = _names(
    boolean="AlertBrokenExecutables AlertEncrypted AlertEncryptedArchive AlertEncryptedDoc AlertExceedsMax"
    " AlertOLE2Macros ConcurrentDatabaseReload DetectPUA ExitOnOOM FixStaleSocket Foreground LogClean"
    " LogFileUnlock LogRotate LogSyslog LogTime LogVerbose OfficialDatabaseOnly PhishingScanURLs"
    " PhishingSignatures ScanArchive ScanMail ScanPDF",
    number="CommandReadTimeout IdleTimeout MaxConnectionQueueLength MaxFiles MaxQueue MaxRecursion"
    " MaxScanTime MaxThreads ReadTimeout SelfCheck TCPSocket",
    size="LogFileMaxSize MaxFileSize MaxScanSize StreamMaxLength",
    text="DatabaseDirectory LocalSocket LocalSocketGroup LocalSocketMode LogFacility LogFile PidFile TCPAddr"
    " TemporaryDirectory User VirusEvent",
)
"""Those that matter to mail; clamd knows some hundred more."""

CLAMD_REPEATED = frozenset({"TCPAddr"})

POLICYD_SPF = _names(
    number="debugLevel Lookup_Time TestOnly UMask Void_Limit Whitelist_Lookup_Time defaultSeedOnly",
    text="Authserv_Id Domain_Whitelist Domain_Whitelist_PTR HELO_Whitelist HELO_pass_restriction"
    " HELO_reject Header_Type Hide_Receiver IntHosts InternalHosts MacroList"
    " Mail_From_pass_restriction Mail_From_reject Mock No_Mail Per_User PermError_reject PidFile"
    " Prospective Reason_Message Reject_Not_Pass_Domains SPF_Enhanced_Status_Codes Socket"
    " TempError_Defer UserID Whitelist skip_addresses",
)

SMTPD_CONF = _names(
    text="authdaemond_path auto_transition auxprop_plugin canon_user_plugin keytab ldapdb_canon_attr"
    " ldapdb_id ldapdb_mech ldapdb_pw ldapdb_rc ldapdb_starttls ldapdb_uri log_level mech_list"
    " opiekeys pwcheck_method saslauthd_path saslauthd_version sasldb_path sql_delete sql_engine"
    " sql_hostnames sql_insert sql_database sql_passwd sql_select sql_statement sql_update sql_user"
    " sql_usessl srp_mda srvtab",
)
"""Names that are common; a plugin may ask for any other, so none is an error."""
