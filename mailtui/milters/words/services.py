"""Variables of /etc/default and smtpd.conf."""

from __future__ import annotations

POSTGREY_DEFAULTS = """\
POSTGREY_OPTS  text  -  The options with which postgrey starts, between blanks.
POSTGREY_TEXT  text  -  What a greylisted client is told (--greylist-text), blanks and all.
"""

SPAMASS_DEFAULTS = """\
OPTIONS  text  -  The options with which it starts: -u user, -i network whose mail is not judged, -r score that refuses.
SOCKET  text  -  Where it listens, a path; for a chrooted Postfix below /var/spool/postfix.
SOCKETOWNER  text  -  Owner and group of that socket, as postfix:postfix.
SOCKETMODE  text  -  The mode of that socket, as 0660.
"""  # noqa: E501  # one keyword a line

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
