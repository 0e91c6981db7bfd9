"""Falcot Corp's main.cf. `@DIR@` and the like are filled in by `files`."""

MAIN_CF = """\
# Falcot Corp, mail.falcot.com: the company's one mail server.
# A disposable demo: nothing in this folder outlives it.
#
# postconf(5) explains every parameter; "postconf -n" prints what is set here.

compatibility_level = 3.6

# ---- Where this instance keeps its things -------------------------------
queue_directory       = @DIR@/spool
data_directory        = @DIR@/data
mail_spool_directory  = @DIR@/mail
maillog_file          = @DIR@/log/mail.log
maillog_file_prefixes = @DIR@/log

# ---- Who we are ---------------------------------------------------------
myhostname = mail.falcot.com
mydomain = falcot.com
# The domain that is added to bare names, as in "mail root".
myorigin = $mydomain
# Domains whose mail goes to the accounts and aliases of this machine.
mydestination = $myhostname,
    $mydomain,
    # printers and the door phone still write to the old name
    mail-old.$mydomain,
    localhost.$mydomain,
    localhost
smtpd_banner = $myhostname ESMTP $mail_name (Falcot Corp)
inet_interfaces = @INTERFACES@
inet_protocols = ipv4

# ---- Whom we trust ------------------------------------------------------
# These clients may send to anywhere: this machine and the offices' desks.
mynetworks = 127.0.0.0/8 @OFFICE@
#relayhost = [smtp.provider.example]:587
relayhost =

@LOGINS@# ---- Local mail ---------------------------------------------------------
@ALIAS_MAPS@
alias_database = hash:@ETC@/aliases
# jean+invoices@falcot.com reaches jean.
recipient_delimiter = +
mailbox_size_limit = 0
message_size_limit = 20480000
biff = no
append_dot_mydomain = no
#delay_warning_time = 4h
#home_mailbox = Maildir/

# ---- Virtual aliases: the brand has addresses, but no mailbox of its own --
virtual_alias_domains = falcotsbrand.com
virtual_alias_maps = hash:@ETC@/virtual,
                     # old ticket addresses, by pattern
                     regexp:@ETC@/virtual_patterns

# ---- Virtual mailboxes: falcot.org's users have no account here ----------
virtual_mailbox_domains = falcot.org
virtual_mailbox_base = @DIR@/mail/vhosts
virtual_mailbox_maps = hash:@ETC@/vmailbox
virtual_uid_maps = static:@VMAIL_UID@
virtual_gid_maps = static:@VMAIL_GID@
#virtual_minimum_uid = 100

# ---- What a client must pass, in the order of the SMTP conversation ------
# Every answer waits for RCPT TO, so that the log names the recipient.
smtpd_delay_reject = yes
disable_vrfy_command = yes

smtpd_client_restrictions =
    permit_mynetworks,
    check_client_access hash:@ETC@/access_clientip,
    # many honest hosts have no name; look at the warnings before refusing
    warn_if_reject reject_unknown_client_hostname,
    reject_rbl_client dnsbl.falcot.test=127.0.0.2

smtpd_helo_required = yes
smtpd_helo_restrictions =
    permit_mynetworks,
    reject_invalid_helo_hostname,
    # nobody outside is called like us
    check_helo_access hash:@ETC@/access_helo,
    reject_non_fqdn_helo_hostname,
    warn_if_reject reject_unknown_helo_hostname

smtpd_sender_restrictions =
    check_sender_access hash:@ETC@/access_sender,
    reject_non_fqdn_sender,
    permit_mynetworks,
@UNLISTED_SENDER@    reject_unknown_sender_domain

smtpd_relay_restrictions =
    permit_mynetworks,
    permit_sasl_authenticated,
    reject_unauth_destination

smtpd_recipient_restrictions =
    permit_mynetworks,
    reject_non_fqdn_recipient,
    reject_unlisted_recipient,
@POLICYD@    # how strict: the recipient chooses, see the classes below
    check_recipient_access hash:@ETC@/recipient_access

smtpd_data_restrictions = reject_unauth_pipelining

# ---- Restriction classes: recipient_access picks one by recipient --------
smtpd_restriction_classes = greylisting, aggressive, permissive
# A stranger is asked to come back; robots seldom do.
greylisting = check_policy_service inet:127.0.0.1:@POLICY_PORT@
# Dial-up pools are refused outright, everybody else waits as above.
aggressive  = reject_rbl_client dnsbl.falcot.test,
              check_policy_service inet:127.0.0.1:@POLICY_PORT@
permissive  = permit

# ---- What a message must not contain -------------------------------------
header_checks = regexp:@ETC@/header_checks
body_checks   = regexp:@ETC@/body_checks
@MILTERS@
# ---- Only because this is a demo -----------------------------------------
# Answer at once, however fast the demo and its tests write.
in_flow_delay = 0
smtpd_client_event_limit_exceptions = static:all
@ONLY_HERE@"""

LOGINS = """\
# ---- TLS, and who logs in -------------------------------------------------
smtpd_tls_cert_file = @SETTINGS@/ssl/mail.falcot.com.pem
smtpd_tls_key_file = @SETTINGS@/ssl/mail.falcot.com.key
smtpd_tls_security_level = may
# Our people log in on submission and submissions, as master.cf says; nobody on port 25.
smtpd_sasl_auth_enable = no
# jean is jean@falcot.com
smtpd_sasl_local_domain = $mydomain

"""
POLICYD = """\
    # refuses whom SPF forbids to send from there
    check_policy_service unix:private/policyd-spf,
"""

NAMESPACE_ONLY = """\
# This instance has a loopback of its own, where other hosts are played too: their port is 2525,
# because all addresses' port 25 is ours. No packet leaves it.
smtp_tcp_port = 2525
"""

LOOPBACK_ONLY = """\
# No private network could be had: mail to other domains is never sent, it is returned.
default_transport = error:5.3.2 this demo sends nothing to other hosts
relay_transport   = error:5.3.2 this demo sends nothing to other hosts
smtp_bind_address = 127.0.0.1
# The demo's traffic says by XCLIENT which client it plays.
smtpd_authorized_xclient_hosts = 127.0.0.0/8
"""

MASTER_CF = """\
# Falcot Corp's services: master(5). After a change: postfix reload
#
# ==========================================================================
# service type  private unpriv  chroot  wakeup  maxproc command + args
#               (yes)   (yes)   (no)    (never) (100)
# ==========================================================================
@SMTP@      inet  n       -       @CHROOT@       -       -       smtpd
@HANDING_IN@pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       @CHROOT@       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
proxywrite unix -       -       n       -       1       proxymap
smtp      unix  -       -       @CHROOT@       -       -       smtp
relay     unix  -       -       @CHROOT@       -       -       smtp
  -o syslog_name=postfix/$service_name
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
local     unix  -       n       n       -       -       local
virtual   unix  -       n       n       -       -       virtual
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
# Handed over to the archive's own program, one message at a time.
archive   unix  -       n       n       -       1       pipe
  flags=F user=nobody argv=@DIR@/bin/new-ticket ${sender} ${recipient}
@SPAWNED@"""

WITH_LOGIN = """\
# Our own people's mail programs: STARTTLS, then a password; nobody else has business here.
@SUBMISSION@ inet  n       -       @CHROOT@       -       -       smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_auth_only=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
  -o smtpd_helo_restrictions=
  -o { smtpd_recipient_restrictions = reject_non_fqdn_recipient, permit_sasl_authenticated, reject }
  -o milter_macro_daemon_name=ORIGINATING
# The same with TLS from the first byte; in the chroot, as Debian has it.
@SUBMISSIONS@ inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/submissions
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
  -o smtpd_helo_restrictions=
  -o { smtpd_recipient_restrictions = reject_non_fqdn_recipient, permit_sasl_authenticated, reject }
  -o milter_macro_daemon_name=ORIGINATING
"""
WITHOUT_LOGIN = """\
# Our own people's mail programs; nobody else has business here.
@SUBMISSION@ inet  n       -       @CHROOT@       -       -       smtpd
  -o syslog_name=postfix/submission
  -o smtpd_client_restrictions=permit_mynetworks,reject
  -o smtpd_helo_restrictions=
  -o { smtpd_recipient_restrictions = reject_non_fqdn_recipient, permit_mynetworks, reject }
  -o milter_macro_daemon_name=ORIGINATING
#  -o smtpd_tls_security_level=encrypt
#  -o smtpd_sasl_auth_enable=yes
# Mail programs that want TLS from the first byte; off until there is a certificate.
#@SUBMISSIONS@ inet n       -       @CHROOT@       -       -       smtpd
#  -o syslog_name=postfix/submissions
#  -o smtpd_tls_wrappermode=yes
#  -o smtpd_sasl_auth_enable=yes
"""
