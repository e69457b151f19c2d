"""Which language a text is in, told by its small words: "wie viele", "combien de"."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

from retrieval.terms import STOP_WORDS

#: What our models have learned to read.
ENGLISH = "en"
#: The languages that are told from one another, by name.
LANGUAGES = {
    ENGLISH: "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_OF_ENGLISH = STOP_WORDS | frozenset("after before each every get got may must need no not only per shall take".split())
#: Common words of other languages, without those that English questions hold in another sense, as "die", "non" and "van".
_OF_OTHERS = {
    "de": "aber als also am an auch auf aus bei beim bekomme bekommen bekommt bis bist darf dass dein deine dem der "
    "diese diesem diesen dieser dieses du durch dürfen ein eine einem einen einer eines für gibt hab habe haben "
    "hatte ich ihm ihn ihnen ihr ihre ihrem ihren ihrer in ist jede jeder jedes kann kannst kein keine keinen "
    "können könnte lange mein meine meinem meinen meiner mich muss müssen nach nicht nichts noch nur oder ohne "
    "schon sein seine sich sie sind so soll sollte sonst und uns unser unsere unter viel viele vom von vor wann "
    "warum was weil welche welchem welchen welcher welches wenn wer werde werden wie wieviel will wir wird wo "
    "wurde zu zum zur zwischen über",
    "es": "algo antes como cuál cuáles cuándo cuánta cuántas cuánto cuántos cómo debe debo desde después durante "
    "dónde ella entre esta este esto está están hasta las le me mi muy más no nos para pero por puede puedo "
    "quién qué se ser sin sobre su sus también tengo tiene tienen una uno yo",
    "fr": "aux avec avez ces cette combien dans des dois doit du elle elles entre est et eux faut ils je jusqu le les "
    "leur leurs lorsque mais mes moi ne nos notre nous on ont où par pas peut peux qu quand que quel quelle "
    "quelles quels qui sans se sont sous sur ta te tes toi tout tu une vos votre vous être",
    "it": "alla alle anche che chi con cosa dal dalla dei della delle deve devo di dopo dove durante gli ha hai ho in "
    "io le loro mi mia mio nel nella per perché più posso prima può quale quali quando quanta quante quanti "
    "quanto questa questo se senza sono su sua sul suo tra tutti una",
    "nl": "aan als bij dan dat deze dit een geen haar heb hebben heeft hem het hij hoe hoeveel hun ik in is je jij "
    "kan krijg maar mag me mijn moet moeten na naar niet nog of om onder ons onze ook tot uit veel voor waar "
    "wanneer we wel welke wie wij worden wordt zijn zonder zou",
    "pl": "ale bez być czy czym do gdy gdzie ich ile jak jaka jaki jakie jest jeśli już kiedy kto która które który "
    "lub mam mogę moje może można musi muszę mój na nie od oraz pod przed przez przy się są ta tak to tylko we "
    "za ze że",
    "pt": "ao aos as até como depois deve devo do dos em entre essa esse esta este está há isso já mais mas me meu "
    "minha na nas no nos não onde os ou para pela pelo pode por posso quais qual quando quanta quantas quanto "
    "quantos que quem se sem ser seu sob sobre sua são também tem tenho um uma você",
}
_WORDS_OF = {language: frozenset(words.split()) for language, words in _OF_OTHERS.items()}


@lru_cache(maxsize=1_000)
def language_of(text: str) -> str:
    """The language of a text by its two-letter code; English where its small words tell of no other one.

    Only the words tell that one of two languages has and the other has not.
    """
    words = [word.casefold() for word in _WORD.findall(normalize("NFC", text))]
    ahead = {
        language: sum((word in own) - (word in _OF_ENGLISH) for word in words) for language, own in _WORDS_OF.items()
    }
    best = max(ahead, key=ahead.__getitem__)
    return best if ahead[best] > 0 else ENGLISH
