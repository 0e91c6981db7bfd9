"""Variables of /etc/default and smtpd.conf, and the options of postgrey(8) that stand in one of them."""

from __future__ import annotations

POSTGREY_DEFAULTS = """\
POSTGREY_OPTS  text  -  The options with which postgrey starts, between blanks.
POSTGREY_TEXT  text  -  What a greylisted client is told (--greylist-text), blanks and all.
"""

POSTGREY_OPTIONS = """\
auto-whitelist-clients  number  5  Triplets after which a client is let in at once; 0: never.
daemonize  flag  -  Run in the background.
dbdir  folder  /var/lib/postgrey  Where the triplets are kept.
delay  number  300  Seconds until a stranger who comes back is let in.
exim  flag  -  One question a connection, as Exim wants it.
greylist-action  text  DEFER_IF_PERMIT  The action of access(5) that a stranger gets.
greylist-text  text  -  What he is told; POSTGREY_TEXT is the place for a text with blanks.
group  text  postgrey  The group that it becomes.
help  flag  -  Print the options and end.
hostname  text  -  The name in its texts and headers.
inet  text  -  Where it listens: PORT, or HOST:PORT; localhost without a host.
ipv4cidr  number  24  How many bits of an IPv4 address tell one client from another.
ipv6cidr  number  64  How many bits of an IPv6 address tell one client from another.
listen-queue-size  number  -  How many connections may wait.
lookup-by-host  flag  -  Tell clients apart by their whole address; pools of sending hosts then wait long.
lookup-by-subnet  flag  -  Tell clients apart by their network, the default.
max-age  number  35  Days until a triplet that nobody used is forgotten.
pidfile  file  -  Where it writes its process number.
privacy  flag  -  Keep hashes in place of addresses.
quiet  flag  -  Log less.
retry-window  text  2  Days (Nh: hours) within which the second try must come.
socketmode  text  0666  The mode of its unix socket.
syslog-facility  text  mail  The facility of its log.
unix  file  -  The unix socket on which it listens.
user  text  postgrey  The user that it becomes.
verbose  flag  -  Log more.
version  flag  -  Print the version and end.
whitelist-clients  file  /etc/postgrey/whitelist_clients  A list of clients that are not greylisted; may stand more than once.
whitelist-recipients  file  /etc/postgrey/whitelist_recipients  A list of recipients that are not greylisted; may stand more than once.
x-greylist-header  text  -  The header that tells how long a message waited.
"""  # noqa: E501  # one option a line

INIT_DEFAULTS = """\
DAEMON_OPTS  text  -  Options for the old init script. systemd's unit does not read this file.
RUNDIR  folder  -  The folder of socket and PidFile, for the old init script.
SOCKET  text  -  Where it listens under the old init script; under systemd Socket in the .conf holds.
USER  text  -  The user that the old init script starts it as.
GROUP  text  -  The group that the old init script starts it as.
PIDFILE  file  -  Where its process number is, for the old init script.
EXTRAAFTER  text  -  Services that start before it, for service.generate.
"""

SASLAUTHD_DEFAULTS = """\
START  choice:yes|no  -  Whether the old init script starts it.
DESC  text  -  What this instance is called in messages.
NAME  text  saslauthd  The short name of this instance.
MECHANISMS  choice:pam|shadow|getpwent|sasldb|ldap|rimap|kerberos5  pam  Where it looks passwords up; one only.
MECH_OPTIONS  text  -  What the mechanism wants to know, as the IMAP server for rimap.
THREADS  number  5  Processes that wait for questions; 0: a new one for each.
OPTIONS  text  -c -m /var/run/saslauthd  Its options; -m must be there, and names the folder of its socket: under /var/spool/postfix for an smtpd in a chroot.
"""  # noqa: E501  # one keyword a line

SMTPD_CONF = """\
pwcheck_method  choice:saslauthd|auxprop|authdaemond|alwaystrue  auxprop  Who checks a password: saslauthd (PAM, shadow), or auxprop, which reads it from a database. alwaystrue lets everybody in.
auxprop_plugin  choice:sasldb|sql|ldapdb  -  The database of auxprop; default all plugins in turn, which fills the log.
mech_list  text  -  Mechanisms that are offered, between blanks; default all that are installed, among them some that saslauthd cannot check. PLAIN LOGIN go with saslauthd.
saslauthd_path  file  -  The socket of saslauthd, as a chrooted smtpd sees it: /var/run/saslauthd/mux.
saslauthd_version  number  -  The protocol of saslauthd.
sasldb_path  file  /etc/sasldb2  The password database; in a chroot it is looked for inside.
log_level  number  1  How much SASL logs, up to 7, which logs passwords.
auto_transition  choice:no|yes|noplain  no  Copy a password that saslauthd found good into the database, to offer more mechanisms.
canon_user_plugin  text  -  The plugin that puts a user's name in order.
authdaemond_path  file  -  The socket of Courier's authdaemond.
keytab  file  -  The Kerberos keys of this service.
srvtab  file  -  The Kerberos 4 keys of this service.
opiekeys  file  -  The file of one-time passwords.
srp_mda  text  -  The hash that SRP takes.
ldapdb_uri  text  -  The LDAP server of ldapdb.
ldapdb_id  text  -  The user that it logs in as.
ldapdb_pw  secret  -  The password; it stands here in clear text.
ldapdb_mech  text  -  The mechanism by which it logs in.
ldapdb_rc  file  -  An ldap.conf for it.
ldapdb_starttls  choice:try|demand  -  Whether it talks TLS.
ldapdb_canon_attr  text  -  The attribute that is a user's name.
sql_engine  choice:mysql|pgsql|sqlite|sqlite3  mysql  The database of sql.
sql_hostnames  text  -  Its servers, with commas.
sql_user  text  -  The user for it.
sql_passwd  secret  -  The password for it; it stands here in clear text.
sql_database  text  -  The name of the database.
sql_select  text  -  The question for a password: %u user, %r realm, %p property.
sql_insert  text  -  The statement for a new user.
sql_update  text  -  The statement for a changed password.
sql_delete  text  -  The statement that takes a user out.
sql_statement  text  -  The old name of sql_select.
sql_usessl  choice:no|yes  no  Talk TLS to the database.
"""  # noqa: E501  # one keyword a line
