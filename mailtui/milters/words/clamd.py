"""clamd.conf(5), ClamAV 1.4: what matters to mail."""

from __future__ import annotations

TEXT = """\
AlertBrokenExecutables  boolean  no  Call a program that is damaged a virus.
AlertEncrypted  boolean  no  Call whatever is encrypted a virus: archives and documents.
AlertEncryptedArchive  boolean  no  Call an archive with a password a virus.
AlertEncryptedDoc  boolean  no  Call a document with a password a virus.
AlertExceedsMax  boolean  no  Call what is larger than a limit a virus (Heuristics.Limits.Exceeded): it is refused then, and not let through unscanned.
AlertOLE2Macros  boolean  no  Call an office document with macros a virus.
CommandReadTimeout  number  30  Seconds to wait for a question from who has connected.
ConcurrentDatabaseReload  boolean  yes  Load new signatures beside the old ones, and scan on: for that time it needs twice the memory, some 1.3 GB each. `no`: mail waits while they are loaded.
DatabaseDirectory  folder  /var/lib/clamav  Where the signatures are; freshclam must write to the same folder.
DetectPUA  boolean  no  Look for programs that somebody may not want, too.
ExitOnOOM  boolean  no  End where memory runs out; something must start it again then.
FixStaleSocket  boolean  yes  Remove a socket that a crash left behind.
Foreground  boolean  no  Stay in the foreground, as a service manager wants it.
IdleTimeout  number  30  Seconds that a thread without work is kept.
LocalSocket  file  -  The Unix socket on which it listens; ClamdSocket of clamav-milter must name the same.
LocalSocketGroup  text  -  The group of that socket.
LocalSocketMode  text  -  The mode of that socket, as 660: clamav-milter's user must be of the group then.
LogClean  boolean  no  Log what is clean too.
LogFacility  text  LOG_LOCAL6  The facility of the system log.
LogFile  file  -  A log file of its own.
LogFileMaxSize  size  1M  At this size it stops logging to the file; 0: no limit.
LogFileUnlock  boolean  no  Do not lock the log file.
LogRotate  boolean  no  Begin a new log file when the size is reached.
LogSyslog  boolean  no  Log to the system log.
LogTime  boolean  no  Begin each line of the log file with the time.
LogVerbose  boolean  no  Log what it does, not only what it found.
MaxConnectionQueueLength  number  200  Connections that may wait.
MaxFiles  number  10000  Files that are scanned within an archive or a message; the rest passes.
MaxFileSize  size  100M  A file larger than this, a whole message too, is not scanned, and passes as clean. 0: no limit.
MaxQueue  number  100  Questions that may wait, twice MaxThreads at least.
MaxRecursion  number  17  How deep archives in archives are opened; what lies deeper passes.
MaxScanSize  size  400M  Bytes that are scanned of one message with all that it holds; what is more passes as clean. 0: no limit.
MaxScanTime  number  0  Milliseconds for one scan; what takes longer passes. 0: the program's own limit.
MaxThreads  number  10  Scans that run at once.
OfficialDatabaseOnly  boolean  no  Load the project's own signatures alone.
PhishingScanURLs  boolean  yes  Look at addresses in mail for signs of phishing.
PhishingSignatures  boolean  yes  Look for phishing by signatures.
PidFile  file  -  Where it writes its process number.
ReadTimeout  number  120  Seconds to wait for the bytes of a stream.
ScanArchive  boolean  yes  Look into archives.
ScanMail  boolean  yes  Take mail apart, and look at what is attached.
ScanPDF  boolean  yes  Look into PDF files.
SelfCheck  number  600  Seconds after which it looks for new signatures; freshclam tells it too (NotifyClamd).
StreamMaxLength  size  100M  Bytes that it takes over a network socket. A larger message cannot be scanned, and OnFail of clamav-milter decides. Over a Unix socket it does not count.
TCPAddr  text  -  The address for TCPSocket; without it every address of this host. May stand more than once.
TCPSocket  number  -  The port on which it listens. It has no password: who gets there can have it scan files, or stop it.
TemporaryDirectory  folder  -  Where it unpacks what it scans.
User  user  -  The user that it becomes; it must be able to read what it is to scan.
VirusEvent  text  -  A command that is run for each virus.
"""  # noqa: E501  # one keyword a line
