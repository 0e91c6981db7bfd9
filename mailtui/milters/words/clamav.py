"""clamav-milter.conf(5), ClamAV 1.4."""

from __future__ import annotations

TEXT = """\
AddHeader  choice:Replace|Add|No|Yes  No  Mark scanned mail with X-Virus-Scanned and X-Virus-Status. Replace takes those away that came with it; before a signing filter, not after it.
AllowList  file  -  A file of patterns for addresses whose mail is not scanned, a line each: From:REGEX or To:REGEX.
AllowAllMatchScan  text  -  A word of old versions that says nothing any more.
AllowSupplementaryGroups  text  -  A word of old versions that says nothing any more: groups are always kept.
Chroot  folder  -  Chroot there; sockets and files must then be found inside.
ClamdSocket  clamd  -  Where clamd is asked: unix:/path or tcp:HOST:PORT. May stand more than once: they take turns. Without it nothing starts.
FixStaleSocket  boolean  yes  Remove a socket that a crash left behind.
Foreground  boolean  no  Stay in the foreground, as a service manager wants it.
LocalNet  network  -  A network whose mail is not scanned, as 192.168.0.0/24; `local` is mail that did not come by SMTP. May stand more than once.
LogClean  choice:Off|Basic|Full  Off  What is logged of clean mail; it makes a long log.
LogFacility  text  LOG_LOCAL6  The facility of the system log; LOG_MAIL brings its lines into the mail log, where a trace finds them.
LogFile  file  -  A log file of its own.
LogFileMaxSize  size  1M  At this size it stops logging to the file (LogRotate: begins another); 0: no limit.
LogFileUnlock  boolean  no  Do not lock the log file; several processes could then write into it.
LogInfected  choice:Off|Basic|Full  Off  What is logged of infected mail: without it nobody learns what was found in which message.
LogRotate  boolean  no  Begin a new log file when the size is reached.
LogSyslog  boolean  no  Log to the system log.
LogTime  boolean  no  Begin each line of the log file with the time.
LogVerbose  boolean  no  Log what it does with each message, not only what it found.
MailFollowURLs  text  -  A word of old versions that says nothing any more.
MaxFileSize  size  25M  So many bytes of a message are scanned, and the rest passes: best not below message_size_limit of Postfix, and not above StreamMaxLength of clamd.
MaxThreads  number  10  Messages scanned at once.
MilterSocket  socket  -  Where it listens: /path, unix:/path, inet:PORT@HOST (Postfix writes inet:HOST:PORT). Without it nothing starts.
MilterSocketGroup  text  -  The group of that socket; with the mode it decides who may connect.
MilterSocketMode  text  -  The mode of that socket, as 660: Postfix must be of the group then.
OnClean  choice:Accept|Reject|Defer|Blackhole|Quarantine  Accept  What becomes of clean mail; anything but Accept is for tests.
OnFail  choice:Defer|Accept|Reject  Defer  What becomes of mail that cannot be scanned, as when clamd is down. Accept lets it pass unscanned.
OnInfected  choice:Quarantine|Reject|Defer|Blackhole|Accept  Quarantine  What becomes of infected mail. Quarantine puts it on hold, where somebody must look; Reject tells the sender; Blackhole drops it without a word.
PidFile  file  -  Where it writes its process number.
ReadTimeout  number  120  Seconds to wait for clamd; below milter_content_timeout of Postfix. 0: for ever.
RejectMsg  text  -  What the client is told with OnInfected Reject; %v becomes the name of the virus.
ReportHostname  text  -  The host name in its headers, where the real one is nobody's business.
SkipAuthenticated  text  -  A pattern for login names whose mail is not scanned, or file:/path with names, one a line. A stolen password passes too.
SupportMultipleRecipients  boolean  no  Log each recipient in a line, and call VirusAction for each.
TemporaryDirectory  folder  -  Where it puts mail while it is scanned.
User  user  -  The user that it becomes.
VirusAction  file  -  A program that is called for each virus; mail waits until it ends.
Whitelist  file  -  The old name of AllowList.
"""  # noqa: E501  # one keyword a line
