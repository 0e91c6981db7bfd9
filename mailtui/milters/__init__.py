"""The filters beside Postfix: opendkim, opendmarc, clamav-milter and their like; their files, sockets, keys and health."""
