"""The smtpd.conf that an smtpd reads: in which folders it is looked for, which one it is, what it says.

Source of the rules: Cyrus SASL's `sasl_config_init`, and Debian's patch 07_sasl_config.diff to Postfix, which
has smtpd look in two fixed places whatever cyrus_sasl_config_path says.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Final, NamedTuple

from mailtui.postfix.files import problem
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode, safe

_FIXED = b"sasl:/usr/lib/sasl\0"
"""What Debian's smtpd carries within: the folder `sasl` of config_directory, then this one."""
USUAL = ("/usr/lib64/sasl2", "/usr/lib/sasl2", "/etc/sasl2")
"""Where a libsasl2 without that patch looks if cyrus_sasl_config_path is empty; the builds differ."""
FORMAT: Final = "smtpd.conf"
DATABASE = "/etc/sasldb2"
"""The sasldb_path of a libsasl2 that is told none (SASL_DB_PATH)."""
PASSWORD_CHECK = "auxprop"  # noqa: S105  # a method's name
"""The pwcheck_method where none is set."""


class SaslConf(NamedTuple):
    """What an smtpd is told. `path` is empty where there is no such file: then all defaults hold."""

    path: str
    folders: tuple[str, ...]
    name: str
    values: dict[str, str]
    """By the keys in lower case; of two alike the first counts."""
    problem: str = ""
    """Why it cannot be read, or the first line that ends every smtpd with SASL: in words, with the line."""

    @property
    def wanted(self) -> str:
        """The path that a new one would get: where it is looked for first."""
        return self.path or os.path.join(self.folders[0], self.name)

    def get(self, key: str, default: str = "") -> str:
        return self.values.get(key, default)

    @property
    def methods(self) -> tuple[str, ...]:
        """How PLAIN and LOGIN have a password checked: `auxprop`, `saslauthd`."""
        return tuple((self.get("pwcheck_method") or PASSWORD_CHECK).lower().split())

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """mech_list; none where every mechanism that is installed is offered."""
        return tuple(self.get("mech_list").upper().split())

    @property
    def asks_sasldb(self) -> bool:
        """Whether secrets are looked up in sasldb: without auxprop_plugin every plugin is asked."""
        plugins = self.get("auxprop_plugin").lower().split()
        return not plugins or "sasldb" in plugins

    @property
    def database(self) -> str:
        return self.get("sasldb_path") or DATABASE


def folders(instance: Instance) -> tuple[str, ...]:
    """Where this Postfix's smtpd looks for smtpd.conf, in order. Raises ParameterError."""
    if _is_fixed(os.path.join(instance.parameters.effective("daemon_directory"), "smtpd")):
        return os.path.join(instance.config_dir, "sasl"), "/usr/lib/sasl"
    own = instance.parameters.effective("cyrus_sasl_config_path")
    return tuple(each for each in own.split(":") if each) or USUAL


@lru_cache(maxsize=8)
def _is_fixed(program: str) -> bool:
    try:
        with open(program, "rb") as stream:
            return _FIXED in stream.read(16 << 20)
    except OSError:
        return os.path.exists("/etc/debian_version")


def conf(instance: Instance, name: str) -> SaslConf:
    """What `NAME.conf` says to this Postfix (smtpd_sasl_path names it, `smtpd` as a rule).

    Raises ParameterError.
    """
    places = folders(instance)
    file = f"{os.path.basename(name) or 'smtpd'}.conf"
    for folder in places:
        path = os.path.join(folder, file)
        try:
            raw = instance.files.raw(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            return SaslConf(path, places, file, {}, problem(error, path)[0])
        values, wrong = read(raw)
        return SaslConf(path, places, file, values, wrong)
    return SaslConf("", places, file, {})


def read(raw: bytes) -> tuple[dict[str, str], str]:
    """The keys that count with their values, and the first line of which libsasl does not start, in words."""
    from mailtui.formats.keywords import KeywordDocument

    document = KeywordDocument.parse(raw, FORMAT)
    counting = [each for each in document.entries if each.enabled and each.counts]
    values = {each.name.lower(): decode(each.value).strip() for each in counting}
    void = {each.line for each in document.entries if each.enabled and not each.counts and not each.problem}
    wrong = [f"line {each.line}: {safe(each.text)}" for each in document.problems if each.line not in void]
    return values, wrong[0] if wrong else ""
