"""DKIM as opendkim(8) does it: keys, the tables that choose one, records and rotation."""
