"""Words that exclude each other, and whom a rule is for: what tells two cases apart that sound alike."""

from __future__ import annotations

from collections.abc import Iterable

from retrieval.terms import terms


def _pairs(listed: str) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(terms(pair)) for pair in listed.split("|"))


#: Stems of which the one says that the other is not so.
OPPOSITES = _pairs(
    "accept reject|approve refuse|approve reject|accept refuse|allow forbid|allow prohibit|permit prohibit|permit forbid|"
    "increase decrease|increase reduce|rise fall|include exclude|internal external|public private|full partial|early late|"
    "high low|higher lower|start end|begin end|voluntary compulsory|voluntary mandatory|join leave|buyer seller|"
    "employer employee|landlord tenant|lender borrower|licensor licensee|lessor lessee|monthly yearly|monthly weekly|"
    "weekly daily|monthly annual|quarterly monthly|quarterly annual|gross net|written oral|open closed|"
    "temporary permanent|domestic international|part full"
)
#: Stems of cases that one rule is not for at once, beside the opposites.
_CASES = OPPOSITES | _pairs(
    "inside outside|domestic foreign|domestic abroad|domestic outside|home abroad|inland abroad|national international|weekday weekend|weekday sunday|"
    "day night|summer winter|new existing|junior senior|paid unpaid|adult child|paper electronic|printed electronic|hardware software|"
    "incoming outgoing|inbound outbound|arrival departure|minor major|short long|small large|single shared|planned unplanned|laptop phone|"
    "car bicycle|train flight|train plane|economy business|breakfast dinner|lunch dinner|first last|former current|sent received"
)  # fmt: skip
_OPPOSITE_OF: dict[str, set[str]] = {}
for _pair in _CASES:
    for _word in _pair:
        _OPPOSITE_OF.setdefault(_word, set()).update(_pair - {_word})

#: Whom rules are for; those on one line are the same people.
_ROLES = {
    stem: line.split()[0]
    for line in (
        "employee employees staff worker workers colleague colleagues personnel workforce", "manager managers supervisor supervisors", "director directors executive executives",
        "intern interns trainee trainees apprentice apprentices", "contractor contractors freelancer freelancers consultant consultants", "visitor visitors guest guests",
        "customer customers client clients", "supplier suppliers vendor vendors", "student students", "volunteer volunteers", "applicant applicants candidate candidates",
        "retiree retirees pensioner pensioners", "tenant tenants",
    )
    for stem in terms(line)
}  # fmt: skip
_COMPANY = frozenset(terms("company employer"))
#: What may stand before those a rule is for.
_BEFORE_ROLES = frozenset(
    terms("all every each new temporary external permanent full part time former young our other")
)


def exclude_each_other(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether one set of stems names a case that a case of the other excludes, and neither names both."""
    for word in one - other:
        rivals = _OPPOSITE_OF.get(word, set())
        if rivals & (other - one):
            return True
    return False


def party(stem: str) -> str | None:
    """Whom a stem names: "employee" for "staff", "company" for "employer"; None where it names nobody."""
    return "company" if stem in _COMPANY else _ROLES.get(stem)


def role_of(stems: Iterable[str]) -> str | None:
    """Whom a rule is for, where it begins with them: "new employees must"; None where it does not.

    :param stems: the rule's stems, in order.
    """
    first = next((stem for stem in stems if stem not in _BEFORE_ROLES), "")
    return _ROLES.get(first)
