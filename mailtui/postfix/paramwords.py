"""A sentence on each parameter that a mail server's admin meets; postconf(5) has the long story."""

from __future__ import annotations

SHORT = """\
alias_database  Alias files that `newaliases` compiles; those that alias_maps reads should be among them.
alias_maps  Tables with the aliases of local names, read when mail is delivered here.
allow_untrusted_routing  Whether strangers may send to user@elsewhere@here, and so past relay control.
always_bcc  One address that gets a copy of every message.
append_at_myorigin  Whether a bare name in an address is completed by @myorigin.
append_dot_mydomain  Whether user@host becomes user@host.mydomain; clients should write whole addresses.
biff  Whether logged-in users are told of new mail by comsat, which few still run.
body_checks  Patterns tried on every line of a message's body.
bounce_queue_lifetime  How long a bounce is tried before it is given up.
canonical_maps  Tables that rewrite addresses, of envelope and header alike, as mail comes in.
command_directory  Where postfix, postmap and the other commands lie.
compatibility_level  The version of Postfix whose defaults hold; those of later ones stay out.
content_filter  Where every message goes to be filtered before it is delivered.
daemon_directory  Where the daemons of Postfix lie.
data_directory  Where Postfix keeps the caches that it writes itself.
debug_peer_list  Clients and servers with which every SMTP line is logged.
default_destination_concurrency_limit  How many deliveries to one destination may run at a time.
default_process_limit  How many processes each service of master.cf may have, unless its own column says.
default_transport  What carries mail to domains that are none of ours.
delay_warning_time  After how long in the queue the sender hears that his mail is late; 0 for never.
disable_vrfy_command  Whether VRFY, by which strangers ask for existing addresses, is refused.
double_bounce_sender  The sender of bounces about bounces, and of address probes.
header_checks  Patterns tried on every header line of a message.
home_mailbox  Mailbox below each user's home; a slash at the end makes it a maildir.
inet_interfaces  The addresses of this host at which mail is received; a change needs a restart.
inet_protocols  Whether IPv4, IPv6 or both are used; a change needs a restart.
invalid_hostname_reject_code  Reply to a HELO name with wrong syntax.
local_recipient_maps  Who exists in the local domains; empty takes mail for anybody and bounces it later.
local_transport  What delivers mail for mydestination.
luser_relay  Who gets mail for local names that do not exist; needs an empty local_recipient_maps.
mail_owner  The account that owns the queue and runs most daemons; it may own nothing else.
mail_spool_directory  The folder with the mailboxes of local users; a slash at the end makes them maildirs.
mailbox_command  The program that delivers local mail in place of Postfix, such as procmail or maildrop.
mailbox_size_limit  The largest mailbox or maildir file of a local user, in bytes; 0 is no limit.
mailbox_transport  The service that takes over all local delivery, such as an LMTP server.
maillog_file  A file for Postfix's own log; empty: it goes to syslog or the journal.
maps_rbl_reject_code  Reply to a client on a DNS block list.
masquerade_domains  Domains whose hosts' names are cut off in sender addresses.
maximal_backoff_time  The longest pause between two tries to deliver a delayed message.
maximal_queue_lifetime  How long mail is tried before it goes back to its sender.
message_size_limit  The largest message that is taken, in bytes, attachments encoded; 0 is no limit.
milter_command_timeout  How long a milter may think about an SMTP command.
milter_connect_timeout  How long the connection to a milter may take.
milter_content_timeout  How long a milter may think about a whole message.
milter_default_action  What becomes of mail while a milter does not answer.
milter_mail_macros  What milters are told with MAIL FROM.
milter_protocol  The version of the milter protocol; 6 is that of today's milters.
mime_header_checks  Patterns tried on the headers of MIME parts, such as the names of attachments.
minimal_backoff_time  The shortest pause between two tries to deliver a delayed message.
mydestination  Domains whose mail ends at the accounts and aliases of this host.
mydomain  The domain of this host; by default myhostname without its first part.
myhostname  The full name of this host, with which it greets others.
mynetworks  Clients that may send to anywhere; keep it small, everything in it can relay.
mynetworks_style  How mynetworks is made where it is not set: this host, its subnets, or whole classes.
myorigin  The domain that completes bare names; /etc/mailname stands for that file's first line.
nested_header_checks  Patterns tried on the headers of attached messages.
non_fqdn_reject_code  Reply where a name should have a domain and has none.
non_smtpd_milters  Filters asked about mail that comes from this host's own programs.
notify_classes  The kinds of trouble that postmaster is told of by mail.
parent_domain_matches_subdomains  Lists in which example.com also stands for all below it.
propagate_unmatched_extensions  Where user+ext keeps its +ext although only user was found.
proxy_interfaces  Addresses at which a proxy or NAT takes mail for this host.
queue_directory  The queue, and the root of chrooted daemons.
queue_minfree  Free bytes in the queue below which no mail is taken; 0 leaves it to the message size.
queue_run_delay  How often the queue is looked through for mail that is due.
readme_directory  Where Postfix's README files lie; `no` where they are not installed.
receive_override_options  Steps left out as mail comes in, for mail that comes back from a filter.
recipient_bcc_maps  Tables that give a recipient's mail a further recipient.
recipient_canonical_maps  As canonical_maps, for recipients alone.
recipient_delimiter  What divides user from extension, as + in user+shop; empty: there are no extensions.
reject_code  Reply to what the plain `reject` refuses.
relay_domains  Domains of others for which this host takes mail and passes it on.
relay_recipient_maps  Who exists in relay_domains; empty takes mail for anybody there.
relay_transport  What carries mail for relay_domains.
relayhost  The server that carries all mail to the outside; [ ] around it leaves out the MX lookup.
relocated_maps  Tables of users who moved: their mail is refused with the new address.
sender_bcc_maps  Tables that give a sender's mail a further recipient.
sender_canonical_maps  As canonical_maps, for senders alone.
sender_dependent_relayhost_maps  Tables that choose the relayhost by sender.
smtp_bind_address  The address from which the SMTP client connects.
smtp_connect_timeout  How long the SMTP client waits for a connection.
smtp_fallback_relay  Where mail goes whose own destination cannot be reached.
smtp_generic_maps  Tables that rewrite local addresses into ones of the Internet, as mail goes out.
smtp_helo_name  The name with which the SMTP client greets.
smtp_sasl_auth_enable  Whether the SMTP client logs in to servers, such as the relayhost.
smtp_sasl_password_maps  Tables with user:password for each server; keep them readable by root alone.
smtp_sasl_security_options  Kinds of login that the SMTP client does not use.
smtp_tls_CAfile  File of the certification authorities that the SMTP client trusts.
smtp_tls_CApath  Folder of the certification authorities that the SMTP client trusts.
smtp_tls_loglevel  How much the SMTP client logs about TLS: 1 is a line each, 2 and more for debugging.
smtp_tls_policy_maps  Tables of destinations with a TLS level of their own.
smtp_tls_security_level  Whether the SMTP client encrypts: may where it can, encrypt always, dane by DNSSEC.
smtp_tls_session_cache_database  Cache of the client's TLS sessions: Postfix makes it, nothing to compile.
smtpd_banner  The greeting; it must begin with $myhostname.
smtpd_client_connection_count_limit  How many connections one client may have at a time; 0 is no limit.
smtpd_client_connection_rate_limit  Connections that one client may make in anvil_rate_time_unit; 0: no limit.
smtpd_client_message_rate_limit  Messages that one client may send in anvil_rate_time_unit; 0: no limit.
smtpd_client_restrictions  What is asked about a client's address and name.
smtpd_data_restrictions  What is asked when the client says DATA.
smtpd_delay_reject  Whether refusals wait for RCPT TO, so that the log names sender and recipient.
smtpd_discard_ehlo_keywords  SMTP extensions that are not offered.
smtpd_end_of_data_restrictions  What is asked after the message has come in.
smtpd_error_sleep_time  The pause before each reply to a client that made mistakes.
smtpd_etrn_restrictions  What is asked when a client wants a domain's queue to be sent.
smtpd_forbid_bare_newline  Whether lines may end without a carriage return, which smuggles mail past checks.
smtpd_hard_error_limit  After how many mistakes a client is cut off.
smtpd_helo_required  Whether a client must greet before it sends; else helo restrictions can be passed by.
smtpd_helo_restrictions  What is asked about the name in HELO.
smtpd_milters  Filters, such as for DKIM or viruses, asked about mail that comes by SMTP, in this order.
smtpd_recipient_limit  How many recipients a message may have.
smtpd_recipient_restrictions  What is asked about each recipient, against junk; relaying is judged before.
smtpd_reject_unlisted_recipient  Whether mail for unknown users of own domains is refused at once.
smtpd_reject_unlisted_sender  Whether senders in own domains must exist.
smtpd_relay_restrictions  Who may send to other domains; it must end in reject_unauth_destination or its like.
smtpd_restriction_classes  Names of own restriction lists, which tables and other lists may call.
smtpd_sasl_auth_enable  Whether users can log in to hand in mail.
smtpd_sasl_authenticated_header  Whether the Received header shows who was logged in.
smtpd_sasl_exceptions_networks  Clients to whom no login is offered.
smtpd_sasl_local_domain  The realm that completes a login name without one.
smtpd_sasl_path  How the SASL library finds its settings; of Dovecot, the socket.
smtpd_sasl_security_options  Kinds of login that are not offered.
smtpd_sasl_type  Who checks passwords: cyrus or dovecot.
smtpd_sender_login_maps  Tables that say which login owns which sender address.
smtpd_sender_restrictions  What is asked about the sender.
smtpd_soft_error_limit  After how many mistakes replies to a client are slowed down.
smtpd_timeout  How long a client may take for its next command.
smtpd_tls_CAfile  File of the certification authorities for clients' certificates.
smtpd_tls_auth_only  Whether login is offered only over TLS, so that no password crosses the net in clear.
smtpd_tls_cert_file  The server's certificate, followed by those between it and the authority.
smtpd_tls_chain_files  Key and certificates in one file; it stands above cert_file and key_file.
smtpd_tls_ciphers  The weakest ciphers that are taken where TLS is optional.
smtpd_tls_key_file  The private key of the certificate; only root should read it.
smtpd_tls_loglevel  How much smtpd logs about TLS: 1 is a line each, 2 and more for debugging.
smtpd_tls_mandatory_protocols  Versions of TLS where it is required.
smtpd_tls_protocols  Versions of TLS where it is optional.
smtpd_tls_received_header  Whether the Received header shows how TLS was used.
smtpd_tls_security_level  Whether TLS is offered (may) or demanded (encrypt: for submission only).
smtpd_tls_session_cache_database  Cache of the server's TLS sessions: Postfix makes it, nothing to compile.
smtpd_tls_wrappermode  TLS from the first byte, as on port 465; for a service, never for port 25.
smtpd_use_tls  The old way to offer TLS; smtpd_tls_security_level took its place.
smtputf8_enable  Whether addresses outside ASCII are taken.
soft_bounce  Whether every refusal is made temporary: for an hour's trial, not to be left on.
strict_rfc821_envelopes  Whether addresses in MAIL FROM and RCPT TO must stand in < > and be clean.
syslog_facility  The facility of the log lines.
syslog_name  What stands before the program's name in each log line.
transport_maps  Tables that say what carries which domain's or address's mail, and where to.
unknown_address_reject_code  Reply where the domain of an address does not exist.
unknown_client_reject_code  Reply to a client whose name and address do not agree.
unknown_hostname_reject_code  Reply to a HELO name that does not exist.
unknown_local_recipient_reject_code  Reply where a local user does not exist: 550, or 450 while you try.
virtual_alias_domains  Domains of which every address is an alias that leads elsewhere.
virtual_alias_maps  Tables of aliases for addresses of any domain; @domain is a catch-all.
virtual_gid_maps  Tables that say with which group a virtual mailbox is written.
virtual_mailbox_base  The folder below which all virtual mailboxes lie.
virtual_mailbox_domains  Domains whose addresses have mailboxes of their own, without accounts here.
virtual_mailbox_limit  The largest file of a virtual mailbox, in bytes; 0 is no limit.
virtual_mailbox_maps  Tables from address to mailbox, below virtual_mailbox_base; a slash at the end: maildir.
virtual_minimum_uid  The least uid with which virtual mailboxes are written.
virtual_transport  What delivers mail for virtual_mailbox_domains.
virtual_uid_maps  Tables that say with which user a virtual mailbox is written.
"""
"""A parameter and its sentence on each line, two blanks between them."""
