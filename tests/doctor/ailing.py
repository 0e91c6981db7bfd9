"""Instances with one thing wrong, and what doctor's fix makes of them."""

from __future__ import annotations

import json

from mailtui.doctor.examine import examine
from mailtui.doctor.model import Finding
from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import merged
from mailtui.edits.store import from_json, to_json
from mailtui.postfix.instance import Instance

SOUND = """\
inet_interfaces = all
smtpd_helo_required = yes
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
"""


def ids(instance: Instance) -> set[str]:
    return {found.id for found in examine(instance)}


def only(instance: Instance, id_: str) -> Finding:
    """The one finding of this kind."""
    found = [each for each in examine(instance) if each.id == id_]
    assert len(found) == 1, [(each.id, each.title) for each in examine(instance)]
    return found[0]


def healed(instance: Instance, found: Finding) -> Instance:
    """The instance with the fix written, which survives a saved draft and a merged one."""
    assert found.fix is not None, found.fix_words
    edits = found.fix.edits
    assert tuple(from_json(json.loads(json.dumps(to_json(edit)))) for edit in edits) == edits
    candidate = Candidate(instance.files, merged(edits))
    assert not candidate.conflicts
    assert not candidate.stopped
    return instance.over(candidate)
