"""What tells Postfix who logs in, for real: Cyrus account databases, saslauthd, dovecot's auth service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mailtui.demo import filterfiles
from mailtui.demo.beside import Beside, Filter
from mailtui.demo.daemon import Endpoint
from mailtui.demo.dkimkeys import number_of
from mailtui.demo.filterfiles import filled


class Logins(Beside):
    """The sources of accounts that smtpd may ask (SASL_README)."""

    def saslauthd(self, accounts: Mapping[str, str], *, folder: Path | None = None) -> Filter:
        """saslauthd over an account database of its own (`USER@REALM`: password).

        Its socket is `mux` in `folder`, by default below the queue directory (/var/run/saslauthd in the
        chroot). It reads /etc/sasldb2 and nothing else, so ours is laid over that, for it alone.
        """
        folder = self._folder(
            folder or self.place.spool / "var" / "run" / "saslauthd", "root", 0o710, group="sasl"
        )
        database = self.place.directory / "lib" / "saslauthd.db"
        self.sasldb(accounts, database)
        serve = 'mount --bind "$1" /etc/sasldb2 && exec saslauthd -d -a sasldb -n 1 -m "$2"'
        argv = ["unshare", "--mount", "sh", "-c", serve, "saslauthd", str(database), str(folder)]
        config = self._write("default/saslauthd", f'MECHANISMS="sasldb"\nOPTIONS="-c -m {folder}"\n')
        return self._begun("saslauthd", argv, Endpoint(folder / "mux"), config)

    def sasldb(self, accounts: Mapping[str, str], path: Path | None = None) -> Path:
        """A Cyrus account database with these accounts (`USER@REALM`: password) added, by saslpasswd2; for
        Postfix to read. By default it is etc/sasldb2."""
        path = path or self.place.settings / "sasldb2"
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        for account, password in accounts.items():
            user, _, realm = account.rpartition("@")
            self._run(
                ["saslpasswd2", "-p", "-c", "-f", str(path), "-u", realm, user], stdin=password.encode()
            )
        os.chown(path, 0, number_of("sasl", "group"))
        path.chmod(0o640)
        return path

    def dovecot(self, accounts: Mapping[str, str]) -> Filter:
        """dovecot's auth service alone, over a passwd-file (`USER`: password); Postfix asks private/auth."""
        folder = self._folder(self.place.directory / "lib" / "dovecot", "root", 0o755)
        users = "".join(f"{user}:{{PLAIN}}{password}::::::\n" for user, password in accounts.items())
        passwords = self._write("dovecot/users", users)
        os.chown(passwords, 0, number_of("dovecot", "group"))
        passwords.chmod(0o640)
        endpoint = Endpoint(self.place.spool / "private" / "auth")
        words = {"BASE": str(folder), "USERS": str(passwords), "SOCKET": str(endpoint.path)}
        config = self._write("dovecot/dovecot.conf", filled(filterfiles.DOVECOT, words))
        return self._begun("dovecot", ["dovecot", "-F", "-c", str(config)], endpoint, config)
