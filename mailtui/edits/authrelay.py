"""The rules that let on who logged in: put where they come first, taken out again."""

from __future__ import annotations

from mailtui.edits import ruleplan
from mailtui.edits.built import Built
from mailtui.edits.plan import Plan
from mailtui.postfix.instance import Instance
from mailtui.postfix.services import ServiceRow
from mailtui.sasl.matrix import PERMIT, Gate, ServiceLine


def relay(instance: Instance, line: ServiceLine) -> Plan:
    """permit_sasl_authenticated before what would stop him, in each list that does: moved where it stands
    behind, else put in, beside permit_mynetworks where that comes first. Raises InstanceError."""
    built = Built(instance)
    for gate in line.shut:
        built.add(_opened(built.instance, gate))
    return built.plan()


def _opened(instance: Instance, gate: Gate) -> Plan:
    stop, permit = gate.stop, gate.permit
    if stop is None:
        return Plan()
    if permit is not None and permit.place == stop.place and permit.via == stop.via:
        return ruleplan.move(instance, permit, stop)
    beside = gate.neighbour
    here = beside is not None and (beside.place, beside.via) == (stop.place, stop.via)
    return ruleplan.insert(instance, stop.place, PERMIT, beside if here else stop)


def no_relay(instance: Instance, line: ServiceLine) -> Plan:
    """The rules taken out that let on who logged in, in the lists that decide whose mail goes elsewhere.
    Raises InstanceError."""
    built = Built(instance)
    for gate in line.gates:
        if gate.stage in ("relay", "recipient") and gate.permit is not None:
            built.add(ruleplan.remove(built.instance, gate.permit))
    return built.plan()


def without_permit(instance: Instance, row: ServiceRow, stage: str) -> Plan:
    from mailtui.postfix.chains import chains

    chain = chains(instance, instance, row.service).chain(stage)
    for each in chain.live if chain is not None else ():
        if each.name.lower() == PERMIT and not each.place.service and each.place.is_set:
            return ruleplan.remove(instance, each)
    return Plan()
