"""What neither a parameter's name nor the shape of its default tells: its choices, its range, its kind.

From postconf(5) and the configuration tables of the programs of Postfix 3.7, which check these values when
they start.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ADDRESSES = "envelope_sender envelope_recipient header_sender header_recipient"
_TLS_CLIENT = "none may encrypt dane dane-only fingerprint verify secure"
_TLS_GRADES = "export low medium high null"
_TEMPFAIL = "defer defer_if_permit"
_POSTSCREEN = "ignore enforce drop"
_SASL = "noplaintext noactive nodictionary noanonymous mutual_auth forward_secrecy"

CHOICES: dict[str, str] = {
    "smtpd_tls_security_level": "none may encrypt",
    "smtp_tls_security_level": _TLS_CLIENT,
    "smtp_tls_dane_insecure_mx_policy": "none may encrypt dane",
    "smtpd_tls_ciphers": _TLS_GRADES,
    "smtpd_tls_mandatory_ciphers": _TLS_GRADES,
    "smtp_tls_ciphers": _TLS_GRADES,
    "smtp_tls_mandatory_ciphers": _TLS_GRADES,
    "smtpd_tls_eecdh_grade": "none auto strong ultra",
    "smtpd_forbid_bare_newline": "no yes normalize reject",
    "smtpd_upstream_proxy_protocol": "haproxy",
    "postscreen_upstream_proxy_protocol": "haproxy",
    "milter_default_action": "accept reject tempfail quarantine shutdown",
    "mynetworks_style": "class subnet host",
    "header_from_format": "standard obsolete",
    "info_log_address_format": "internal external",
    "sendmail_fix_line_endings": "always strict never",
    "smtp_address_preference": "any ipv4 ipv6",
    "smtp_address_verify_target": "rcpt data",
    "smtp_dns_support_level": "disabled enabled dnssec",
    "reject_tempfail_action": _TEMPFAIL,
    "postscreen_denylist_action": _POSTSCREEN,
    "postscreen_dnsbl_action": _POSTSCREEN,
    "postscreen_greet_action": _POSTSCREEN,
    "postscreen_pipelining_action": _POSTSCREEN,
    "postscreen_non_smtp_command_action": _POSTSCREEN,
    "postscreen_bare_newline_action": _POSTSCREEN,
    "syslog_facility": (
        "auth authpriv cron daemon ftp kern lpr mail news security syslog user uucp local0 local1 local2 "
        "local3 local4 local5 local6 local7"
    ),
}
"""Parameters with one word out of several; letter case is all one to Postfix."""

OPTIONS: dict[str, str] = {
    "inet_protocols": "ipv4 ipv6 all",
    "notify_classes": "bounce 2bounce data delay policy protocol resource software",
    "canonical_classes": _ADDRESSES,
    "sender_canonical_classes": "envelope_sender header_sender",
    "recipient_canonical_classes": "envelope_recipient header_recipient",
    "masquerade_classes": _ADDRESSES,
    "internal_mail_filter_classes": "notify bounce",
    "smtputf8_autodetect_classes": "sendmail smtpd qmqpd forward bounce notify verify all",
    "propagate_unmatched_extensions": "canonical virtual alias forward include generic",
    "allow_mail_to_commands": "alias forward include",
    "allow_mail_to_files": "alias forward include",
    "prepend_delivered_header": "command file forward",
    "mailbox_delivery_lock": "flock fcntl dotlock",
    "virtual_mailbox_lock": "flock fcntl dotlock",
    "receive_override_options": (
        "no_unknown_recipient_checks no_address_mappings no_header_body_checks no_milters"
    ),
    "smtp_host_lookup": "dns native",
    "smtp_dns_resolver_options": "res_defnames res_dnsrch",
    "smtp_pix_workarounds": "disable_esmtp delay_dotcrlf",
    "smtpd_proxy_options": "speed_adjust",
    "smtpd_sasl_security_options": _SASL,
    "smtpd_sasl_tls_security_options": _SASL,
    "smtp_sasl_security_options": _SASL,
    "smtp_sasl_tls_security_options": _SASL,
    "smtp_sasl_tls_verified_security_options": _SASL,
}
"""Lists of words out of several."""

ADDRESS_LISTS = _words(
    "mynetworks permit_mx_backup_networks debug_peer_list smtpd_client_event_limit_exceptions"
    " smtpd_client_connection_limit_exceptions smtpd_authorized_verp_clients authorized_verp_clients"
    " smtpd_authorized_xclient_hosts smtpd_authorized_xforward_hosts smtpd_sasl_exceptions_networks"
    " qmqpd_authorized_clients smtpd_forbid_bare_newline_exclusions"
)
"""Match lists of clients: names, addresses and networks."""

MATCH_LISTS = ADDRESS_LISTS | _words(
    "mydestination virtual_alias_domains virtual_mailbox_domains relay_domains fast_flush_domains"
    " masquerade_exceptions authorized_flush_users authorized_mailq_users authorized_submit_users"
    " smtpd_noop_commands smtpd_forbidden_commands smtpd_sasl_mechanism_filter smtp_sasl_mechanism_filter"
    " smtp_connection_cache_destinations"
)
"""Lists of literals, `type:table` and `/file`, each perhaps behind `!`."""

MAPS = _words(
    "header_checks mime_header_checks nested_header_checks body_checks milter_header_checks"
    " smtp_header_checks smtp_mime_header_checks smtp_nested_header_checks smtp_body_checks"
    " smtpd_command_filter postscreen_command_filter smtp_reply_filter relay_clientcerts alias_database"
    " default_delivery_status_filter smtpd_dns_reply_filter smtp_dns_reply_filter smtp_tls_per_site"
    " postscreen_dnsbl_reply_map"
)
"""Map lists whose name does not end in `_maps`."""

CACHES = _words(
    "smtpd_tls_session_cache_database smtp_tls_session_cache_database address_verify_map"
    " postscreen_cache_map smtp_sasl_auth_cache_name"
)
"""One table that Postfix makes and fills itself: nothing to compile."""

TRANSPORTS = _words(
    "default_transport local_transport relay_transport virtual_transport mailbox_transport"
    " fallback_transport best_mx_transport content_filter address_verify_default_transport"
    " address_verify_local_transport address_verify_relay_transport"
    " address_verify_virtual_transport"
)
"""`transport` or `transport:nexthop`, the transport being a service of master.cf."""

HOSTS = frozenset(("relayhost", "address_verify_relayhost"))
FALLBACKS = frozenset(("smtp_fallback_relay", "fallback_relay"))
MILTERS = frozenset(("smtpd_milters", "non_smtpd_milters"))
HOSTNAMES = frozenset(("myhostname", "mydomain"))
PROTOCOLS = "SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"

TEXTS = _words(
    "lmtp_tcp_port smtp_tcp_port mail_release_date milter_protocol milter_macro_daemon_name"
    " default_destination_concurrency_positive_feedback default_destination_concurrency_negative_feedback"
    " smtp_helo_name lmtp_lhlo_name smtpd_proxy_ehlo"
    " postscreen_greet_banner smtpd_sasl_local_domain myorigin process_id"
    " smtp_tls_loglevel smtpd_tls_loglevel"
)
"""Plain text, whatever the shape of the default or the parameter that it names."""

WORDS = _words(
    "masquerade_domains smtpd_restriction_classes parent_domain_matches_subdomains hash_queue_names"
    " message_drop_headers smtp_discard_ehlo_keywords smtpd_discard_ehlo_keywords proxy_interfaces"
    " postscreen_discard_ehlo_keywords maps_rbl_domains import_environment export_environment"
    " postscreen_dnsbl_sites postscreen_access_list local_header_rewrite_clients milter_connect_macros"
    " milter_helo_macros milter_mail_macros milter_rcpt_macros milter_data_macros milter_end_of_data_macros"
    " milter_end_of_header_macros milter_unknown_command_macros tls_eecdh_auto_curves defer_transports"
    " smtp_tls_exclude_ciphers smtpd_tls_exclude_ciphers smtp_tls_mandatory_exclude_ciphers"
    " smtpd_tls_mandatory_exclude_ciphers smtpd_log_access_permit_actions proxy_read_maps proxy_write_maps"
    " postscreen_allowlist_interfaces master_service_disable forward_path"
)
"""Lists of anything."""

SIZES = _words(
    "message_size_limit mailbox_size_limit virtual_mailbox_limit queue_minfree header_size_limit"
    " body_checks_size_limit bounce_size_limit berkeley_db_create_buffer_size berkeley_db_read_buffer_size"
    " lmdb_map_size line_length_limit mime_boundary_length_limit tcp_windowsize"
    " smtpd_sasl_response_limit"
)
"""Numbers of bytes."""

FOLDERS = _words(
    "queue_directory data_directory command_directory daemon_directory mail_spool_directory meta_directory"
    " shlib_directory virtual_mailbox_base smtpd_tls_CApath smtp_tls_CApath"
)
KEYS = frozenset(("smtpd_tls_chain_files", "smtp_tls_chain_files", "smtpd_tls_CAfile", "smtp_tls_CAfile"))

_AT_LEAST_1 = _words(
    "fork_attempts address_verify_pending_request_limit deliver_lock_attempts"
    " header_address_token_limit virtual_alias_expansion_limit qmgr_message_recipient_minimum"
    " qmgr_message_active_limit postscreen_dnsbl_threshold max_use smtpd_history_flush_threshold"
    " bounce_size_limit hopcount_limit virtual_alias_address_length_limit"
    " smtpd_policy_service_try_limit qmgr_message_recipient_limit berkeley_db_read_buffer_size"
    " initial_destination_concurrency hash_queue_depth tls_random_bytes header_size_limit"
    " smtp_min_data_rate lmtp_min_data_rate berkeley_db_create_buffer_size"
    " smtpd_recipient_overshoot_limit default_process_limit tls_daemon_random_bytes"
    " virtual_alias_recursion_limit debug_peer_level mime_boundary_length_limit"
    " smtpd_min_data_rate smtpd_recipient_limit mime_nesting_limit postscreen_command_count_limit"
    " default_recipient_refill_limit virtual_minimum_uid queue_file_attribute_count_limit"
    " lmdb_map_size smtpd_junk_command_limit smtpd_hard_error_limit smtpd_soft_error_limit"
    " address_verify_poll_count"
)

AT_LEAST: dict[str, int] = {
    **dict.fromkeys(_AT_LEAST_1, 1),
    "qmgr_fudge_factor": 10,
    "unverified_recipient_defer_code": 200,
    "unverified_sender_defer_code": 200,
    "unverified_recipient_reject_code": 200,
    "unverified_sender_reject_code": 200,
    "smtpd_forbid_bare_newline_reject_code": 500,
    "line_length_limit": 512,
    "smtpd_sasl_response_limit": 12288,
    "postscreen_post_queue_limit": 5,
    "postscreen_pre_queue_limit": 10,
    "postscreen_watchdog_timeout": 10,
    "postlogd_watchdog_timeout": 10,
    "tlsproxy_watchdog_timeout": 10,
}
"""The least value; for others it is 0 for a number and one second for a time."""

MAY_BE_NO_TIME = _words(
    "smtp_pix_workaround_threshold_time qmgr_clog_warn_time default_destination_rate_delay"
    " address_verify_cache_cleanup_interval smtpd_error_sleep_time delay_warning_time qmqpd_error_delay"
    " default_transport_rate_delay dnsblog_reply_delay smtp_sasl_auth_cache_time address_verify_sender_ttl"
    " postscreen_cache_cleanup_interval smtp_connect_timeout in_flow_delay smtpd_tls_session_cache_timeout"
    " maximal_queue_lifetime smtp_tls_session_cache_timeout bounce_queue_lifetime"
)
"""Times that may be 0."""

AT_MOST: dict[str, int] = {
    "delay_logging_resolution_limit": 6,
    "default_delivery_slot_discount": 100,
    "qmgr_fudge_factor": 100,
    "unverified_recipient_defer_code": 499,
    "unverified_sender_defer_code": 499,
    "unverified_recipient_reject_code": 599,
    "unverified_sender_reject_code": 599,
    "smtpd_forbid_bare_newline_reject_code": 599,
    "in_flow_delay": 10,
    "smtpd_tls_session_cache_timeout": 8640000,
    "maximal_queue_lifetime": 8640000,
    "smtp_tls_session_cache_timeout": 8640000,
    "bounce_queue_lifetime": 8640000,
}

NOT_EMPTY = _words(
    "2bounce_notice_recipient address_verify_default_transport address_verify_local_transport"
    " address_verify_relay_transport address_verify_virtual_transport bounce_notice_recipient"
    " canonical_classes command_directory command_expansion_filter daemon_directory data_directory"
    " default_database_type default_destination_concurrency_negative_feedback"
    " default_destination_concurrency_positive_feedback default_privs default_rbl_reply"
    " default_transport delay_notice_recipient double_bounce_sender"
    " empty_address_default_transport_maps_lookup_key empty_address_recipient"
    " empty_address_relayhost_maps_lookup_key error_notice_recipient"
    " execution_directory_expansion_filter forward_expansion_filter hash_queue_names"
    " header_from_format html_directory info_log_address_format lmtp_lhlo_name local_transport"
    " mail_name mail_owner mailbox_delivery_lock maillog_file_compressor maillog_file_prefixes"
    " maillog_file_rotate_suffix mailq_path manpage_directory meta_directory milter_default_action"
    " milter_macro_daemon_name milter_macro_v milter_protocol mydomain myhostname mynetworks_style"
    " myorigin newaliases_path openssl_path postscreen_bare_newline_action postscreen_denylist_action"
    " postscreen_dnsbl_action postscreen_expansion_filter postscreen_greet_action"
    " postscreen_non_smtp_command_action postscreen_pipelining_action process_id_directory"
    " queue_directory readme_directory recipient_canonical_classes reject_tempfail_action"
    " relay_transport sample_directory sender_canonical_classes sendmail_fix_line_endings"
    " sendmail_path setgid_group shlib_directory smtp_address_preference smtp_address_verify_target"
    " smtp_helo_name smtp_host_lookup smtp_sasl_type smtp_tls_ciphers smtp_tls_fingerprint_digest"
    " smtp_tls_mandatory_ciphers smtp_tls_secure_cert_match smtp_tls_verify_cert_match smtpd_banner"
    " smtpd_expansion_filter smtpd_forbid_bare_newline smtpd_policy_service_default_action"
    " smtpd_sasl_path smtpd_sasl_service smtpd_sasl_type smtpd_tls_ciphers smtpd_tls_eecdh_grade"
    " smtpd_tls_fingerprint_digest smtpd_tls_mandatory_ciphers smtputf8_autodetect_classes"
    " syslog_facility syslog_name tls_dane_digests tls_eecdh_auto_curves tls_eecdh_strong_curve"
    " tls_eecdh_ultra_curve tls_export_cipherlist tls_high_cipherlist tls_low_cipherlist"
    " tls_medium_cipherlist tls_null_cipherlist tlsproxy_client_fingerprint_digest"
    " tlsproxy_tls_ciphers tlsproxy_tls_eecdh_grade tlsproxy_tls_fingerprint_digest"
    " tlsproxy_tls_mandatory_ciphers unknown_address_tempfail_action"
    " unknown_helo_hostname_tempfail_action unverified_recipient_tempfail_action"
    " unverified_sender_tempfail_action verp_delimiter_filter"
    " virtual_mailbox_lock virtual_transport"
)
"""Text that Postfix does not take empty; so is every `*_service_name`."""

DEPRECATED: dict[str, str] = {
    "virtual_maps": "virtual_alias_maps",
    "fallback_relay": "smtp_fallback_relay",
    "authorized_verp_clients": "smtpd_authorized_verp_clients",
    "smtpd_client_connection_limit_exceptions": "smtpd_client_event_limit_exceptions",
    "smtp_per_record_deadline": "smtp_per_request_deadline",
    "lmtp_per_record_deadline": "lmtp_per_request_deadline",
    "smtpd_per_record_deadline": "smtpd_per_request_deadline",
    "smtpd_use_tls": "smtpd_tls_security_level",
    "smtpd_enforce_tls": "smtpd_tls_security_level",
    "smtp_use_tls": "smtp_tls_security_level",
    "smtp_enforce_tls": "smtp_tls_security_level",
    "smtp_tls_enforce_peername": "smtp_tls_security_level",
    "lmtp_use_tls": "lmtp_tls_security_level",
    "lmtp_enforce_tls": "lmtp_tls_security_level",
    "lmtp_tls_enforce_peername": "lmtp_tls_security_level",
    "smtp_tls_per_site": "smtp_tls_policy_maps",
    "lmtp_tls_per_site": "lmtp_tls_policy_maps",
    "tlsproxy_use_tls": "tlsproxy_tls_security_level",
    "tlsproxy_enforce_tls": "tlsproxy_tls_security_level",
    "postscreen_use_tls": "postscreen_tls_security_level",
    "postscreen_enforce_tls": "postscreen_tls_security_level",
    "maps_rbl_domains": "reject_rbl_client in smtpd_client_restrictions",
    "disable_dns_lookups": "smtp_dns_support_level",
    "smtpd_sasl_application_name": "smtpd_sasl_path",
    "postscreen_whitelist_interfaces": "postscreen_allowlist_interfaces",
    "postscreen_blacklist_action": "postscreen_denylist_action",
    "postscreen_dnsbl_whitelist_threshold": "postscreen_dnsbl_allowlist_threshold",
    "postscreen_dnsbl_ttl": "postscreen_dnsbl_max_ttl",
    "sun_mailtool_compatibility": "nothing: it has no effect on mail of today",
    "tls_export_cipherlist": "tls_medium_cipherlist",
    "smtpd_tls_dcert_file": "smtpd_tls_chain_files",
    "smtpd_tls_dkey_file": "smtpd_tls_chain_files",
    "smtp_tls_dcert_file": "smtp_tls_chain_files",
    "smtp_tls_dkey_file": "smtp_tls_chain_files",
    "smtpd_tls_eecdh_grade": "tls_eecdh_auto_curves",
    "smtpd_tls_dh512_param_file": "nothing: export ciphers are gone",
}
"""What postconf(5) calls obsolete or deprecated, or took another name, and what to use instead."""
