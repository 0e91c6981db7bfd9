"""The filters beside Postfix (opendkim, opendmarc, clamav-milter …): files, sockets, keys and health."""
