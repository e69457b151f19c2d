"""Greetings, thanks and other small talk, English and German."""

from __future__ import annotations

import re

_HELLO = (
    r"(?:hi|hello|hey|good (?:day|morning|afternoon|evening)|how are you(?: doing)?(?: today)?|hallo|hi|guten (?:tag|morgen|abend)|moin|servus|gr[üu](?:ß|ss) (?:gott|dich)"
    r"|grüezi|wie geht(?:['’]s| es(?: dir| ihnen)?))"
)
#: Ends of a conversation, and what is said to an answer.
_CLOSING = (
    r"(?:(?:many )?thanks?(?: you)?|thank you|thx|cheers|no(?:pe)?,? thanks?(?: you)?|great|perfect|excellent|wonderful|brilliant|awesome|lovely|nice|cool|super|fine|good"
    r"|ok(?:ay)?|k|got it|i see|understood|noted|makes sense|that makes sense|good to know|all (?:clear|good|set)|will do|you too"
    r"|(?:that|this|it)(?:['’]?s| is| was)? (?:very |really |so |all |quite )?(?:helps?|helped|helpful|great|perfect|good|fine|all|it|clear|useful|what i needed)"
    r"|(?:very|so|really) (?:helpful|useful|good|nice|kind)|helpful|have a (?:nice|good|great|lovely) (?:day|evening|weekend|one)|bye(?:[ -]bye)?|goodbye|see you(?: (?:later|soon|tomorrow))?"
    r"|(?:vielen |herzlichen |besten |lieben |nein,? )?dank(?:e(?:schön)?)?|merci|perfekt|prima|toll|klasse|gut|sehr gut|passt|verstanden|verstehe|alles klar|alles gut|klar"
    r"|(?:das )?(?:hilft|reicht)(?: mir)?(?: sehr| weiter)?|(?:das war )?sehr (?:hilfreich|nett)|hilfreich|das war['’]?s(?: schon)?|das ist alles|schönen (?:tag|abend|feierabend)(?: noch)?"
    r"|schönes wochenende|tschüss?|ciao|auf wiedersehen|bis (?:später|bald|dann|morgen))"
)
_TO_WHOM = (
    r"(?:there|all|everyone|policydesk|you|very much|so much|a lot|again|zusammen|schön|sehr|dir|ihnen|nochmals?|(?:for|für) (?:that|das|all|alles)"
    r"|(?:for|für) (?:the|your|die|deine|ihre|eure) (?:quick |schnelle )?(?:help|info(?:rmation)?|answer|reply|hilfe|auskunft|antwort))"
)
_SMALL_TALK = re.compile(
    rf"^\W*(?:{_HELLO}|{_CLOSING})(?:[\s,.!;:–-]+(?:{_HELLO}|{_CLOSING}|{_TO_WHOM}))*\W*$", re.IGNORECASE
)
_GREETING = re.compile(rf"^\W*{_HELLO}\b(?:\s+{_TO_WHOM})?[\s,.!;:–-]+", re.IGNORECASE)
_OPENS = re.compile(rf"^\W*{_HELLO}\b", re.IGNORECASE)


def is_small_talk(text: str) -> bool:
    """A greeting or thanks, which needs no documents."""
    return bool(_SMALL_TALK.match(text))


def is_thanks(text: str) -> bool:
    """Thanks, or another end of a conversation: small talk that opens nothing."""
    return is_small_talk(text) and not _OPENS.match(text)


def without_greeting(text: str) -> str:
    """A text without the greeting that it may begin with: "Hi, can I sell leave?"."""
    return _GREETING.sub("", text)
