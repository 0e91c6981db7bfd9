"""Real mail filters beside a demo's or a lab's Postfix: opendkim, opendmarc, clamd and clamav-milter,
policyd-spf, postgrey, saslauthd and dovecot's auth; in the foreground, without systemd.

    with Lab() as lab:
        filters = Filters(lab)
        dkim = filters.opendkim()       # falcot.com by selector "mail", published in the lab's DNS
        dmarc = filters.opendmarc()
        filters.attach(dkim, dmarc)     # smtpd_milters and non_smtpd_milters, in this order; reload
        dkim.hang(); dkim.resume(); dkim.restart(); dkim.stop()

Each method writes the program's configuration where it would lie under /etc, below the lab's `etc/`, starts
the program, waits until it listens, and returns it with its `address` in Postfix's syntax and its `config`.
`settings` change single lines of that file. Everything ends with the lab. All of it raises DemoError: a
program that is missing, that does not start (its last words), or takes too long.

In a lab with `filters=True` the whole demo's are there already, under the same names; the demo starts one
that ends again, so such a lab is no place to stop them in.

A socket is a port of the lab's loopback, or with `unix=True` one below the queue directory, where a chrooted
Postfix finds it too; users and groups are the Debian packages' own (in the lab postfix is in their groups).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mailtui import commands
from mailtui.demo import dkimkeys, filterfiles, greylist
from mailtui.demo.beside import Filter
from mailtui.demo.daemon import Endpoint
from mailtui.demo.filterfiles import filled
from mailtui.demo.logins import Logins
from mailtui.demo.place import DemoError
from mailtui.formats.target import Target
from mailtui.postfix.files import Files
from mailtui.postfix.greylisting import options

PORTS = {"opendkim": 8891, "opendmarc": 8893, "clamav-milter": 8894, "postgrey": 10024}
"""Where each listens unless another port or a Unix socket is asked for."""
_NOTHING: Mapping[str, str] = {}


class Filters(Logins):
    """The filters of one lab, each made by its own method."""

    def opendkim(
        self,
        domain: str = "falcot.com",
        selector: str = "mail",
        *,
        kind: str = "rsa",
        bits: int = 2048,
        mode: str = "sv",
        canonicalization: str = "relaxed/simple",
        tables: bool = False,
        publish: bool = True,
        unix: bool = False,
        port: int = PORTS["opendkim"],
        name: str = "opendkim",
        settings: Mapping[str, str] = _NOTHING,
    ) -> Filter:
        """opendkim with a key of its own: Domain, Selector and KeyFile, or a KeyTable and a SigningTable
        (`tables`). With `publish` the record stands in the lab's DNS."""
        key = self.dkim_key(domain, selector, kind=kind, bits=bits, publish=publish)
        if tables:
            signing = filterfiles.TABLES
            row = f"{selector}._domainkey.{domain}"
            self._write("opendkim/KeyTable", f"{row} {domain}:{selector}:{key}\n")
            self._write("opendkim/SigningTable", f"*@{domain} {row}\n")
        else:
            signing = filled(filterfiles.SINGLE, {"DOMAIN": domain, "SELECTOR": selector, "KEY": str(key)})
        self._write("opendkim/TrustedHosts", filterfiles.TRUSTED_HOSTS)
        endpoint = self._endpoint(f"opendkim/{name}.sock", port, unix=unix)
        words = {"SIGNING": signing, "MODE": mode, "CANONICALIZATION": canonicalization}
        if kind == "ed25519":
            settings = {"SignatureAlgorithm": "ed25519-sha256", **settings}
        config = self._config(f"{name}.conf", filterfiles.OPENDKIM, endpoint, words, settings, "\t\t")
        return self._begun(name, ["opendkim", "-f", "-x", str(config)], endpoint, config)

    def dkim_key(
        self, domain: str, selector: str, *, kind: str = "rsa", bits: int = 2048, publish: bool = True
    ) -> Path:
        """A key pair for a domain: its private file below etc/dkimkeys, its record in the lab's DNS.
        One that is there already is kept."""
        folder = self._folder(self.place.settings / "dkimkeys", "opendkim", 0o700)
        path = folder / f"{selector}.{domain}.private"
        if not path.exists():
            record = dkimkeys.make(path, "opendkim", kind=kind, bits=bits)
            if publish:
                self.publish(f"{selector}._domainkey.{domain}", record)
        return path

    def publish(self, name: str, text: str) -> None:
        """Add a TXT record to the lab's DNS, in strings of at most 255 bytes."""
        parts = " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
        with self.place.names.open("a") as file:
            file.write(f"{name} TXT {parts}\n")

    def opendmarc(
        self,
        *,
        unix: bool = False,
        port: int = PORTS["opendmarc"],
        name: str = "opendmarc",
        settings: Mapping[str, str] = _NOTHING,
    ) -> Filter:
        """opendmarc that refuses by policy (RejectFailures) and asks SPF itself where no header tells it."""
        self._write("opendmarc/ignore.hosts", filterfiles.IGNORE_HOSTS)
        endpoint = self._endpoint(f"opendmarc/{name}.sock", port, unix=unix)
        text = filterfiles.OPENDMARC
        if not Path("/usr/share/publicsuffix/public_suffix_list.dat").exists():
            text = text.replace("PublicSuffixList", "#PublicSuffixList")
        config = self._config(f"{name}.conf", text, endpoint, {}, settings)
        return self._begun(name, ["opendmarc", "-f", "-c", str(config)], endpoint, config)

    def clamd(self, signatures: str = filterfiles.SIGNATURES) -> Filter:
        """clamd with a database of its own (`signatures`: lines of an .ndb file), ready in a moment."""
        database = self._folder(self.place.directory / "lib" / "clamav", "clamav", 0o755)
        (database / "demo.ndb").write_text(signatures)
        endpoint = Endpoint(self._folder(self.place.run / "clamav", "clamav", 0o755) / "clamd.ctl")
        log = self._folder(self.place.log.parent / "clamav", "clamav", 0o755) / "clamav.log"
        words = {"DATABASE": str(database), "LOG": str(log)}
        config = self._config("clamav/clamd.conf", filterfiles.CLAMD, endpoint, words, {})
        return self._begun("clamd", ["clamd", "-F", "-c", str(config)], endpoint, config)

    def clamav_milter(
        self,
        *,
        on_infected: str = "Reject",
        unix: bool = False,
        port: int = PORTS["clamav-milter"],
        name: str = "clamav-milter",
        settings: Mapping[str, str] = _NOTHING,
    ) -> Filter:
        """clamav-milter, which asks `clamd` (start that first: mail is deferred without it)."""
        endpoint = self._endpoint(f"clamav/{name}.ctl", port, unix=unix)
        text = filterfiles.CLAMAV_MILTER
        words = {"INFECTED": on_infected, "GROUP": "clamav"}
        if not unix:
            text = text.replace("MilterSocketGroup @GROUP@\nMilterSocketMode 660\n", "")
        config = self._config(f"clamav/{name}.conf", text, endpoint, words, settings)
        return self._begun(name, ["clamav-milter", "-c", str(config)], endpoint, config)

    # ---- policy services -----------------------------------------------------------------------

    def policyd_spf(self, *, settings: Mapping[str, str] = _NOTHING, service: bool = True) -> Filter:
        """policyd-spf's configuration and its service in master.cf, which Postfix itself starts; reloads.

        It stands in no chain: `check_policy_service ADDRESS` does that. Its own process cannot be hung or
        stopped here. `service=False` writes its configuration alone.
        """
        if commands.find("policyd-spf") is None:
            raise DemoError("policyd-spf is not installed")
        endpoint = Endpoint(self.place.spool / "private" / "policyd-spf")
        text, path = filterfiles.POLICYD_SPF, filterfiles.POLICYD_PATH
        config = self._config(path, text, endpoint, {}, settings, " = ")
        if service:
            self._spawned(filterfiles.POLICYD_SERVICE.replace("@CONFIG@", str(config)))
        return Filter("policyd-spf", ["policyd-spf", str(config)], endpoint, config, self.host)

    def _spawned(self, service: str) -> None:
        """Give master.cf the service, unless it has it, and let Postfix know."""
        master = self.place.etc / "master.cf"
        text = master.read_text()
        if "\npolicyd-spf " not in text:
            master.write_text(text + service)
        self.configure({"policyd-spf_time_limit": "3600"})

    def postgrey(self, *, delay: int = 2, port: int = PORTS["postgrey"]) -> Filter:
        """The real postgrey on a port of loopback; a stranger waits `delay` seconds."""
        folder = self._folder(self.place.directory / "lib" / "postgrey", "postgrey", 0o755)
        config = self._write("default/postgrey", greylist.options_file(port, delay))
        argv = ["postgrey", *options(Files(), Target("defaults", str(config))).words]
        argv += [f"--dbdir={folder}", f"--pidfile={folder}/pid", "--user=postgrey", "--group=postgrey"]
        for name, text in greylist.WHITELISTS.items():
            path = self._write(f"postgrey/whitelist_{name}", text)
            argv += [f"--whitelist-{name}={path}", f"--whitelist-{name}={path}.local"]
        return self._begun("postgrey", argv, Endpoint(port=port), config)
