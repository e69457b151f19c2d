"""Which questions go on from the one before, and which name a subject of their own: forty each way in each language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.conversation import standalone
from assistant.followups import is_clause, opening
from assistant.records import Turn
from assistant.starters import _TOPICS

ROOT = Path(__file__).parent.parent.parent
BEFORE = [Turn("How many unused leave days can I carry over into next year?", "Up to five. [1]")]

GO_ON = """
And in Germany?
In Germany?
In the U.S.?
What about part-timers?
How about managers in band 6?
Also for interns?
Even for executives?
But not on Sundays?
and dinner?
or a receipt?
For part-timers?
For employees who are on probation?
During probation?
Without a doctor's note?
After two years?
In 2023?
since when?
Until when?
By what date?
why?
Why not?
How many?
how many days?
How long?
How much per month?
Who approves?
How do I book?
How do I claim?
Who do I notify?
Who is responsible?
Who do I ask?
What is the limit?
Is there a maximum per day?
Are there any exceptions?
Which form do I use?
What do partners get?
Part-timers?
Can I sell them?
When do they lapse?
Who has to sign it?
Does that apply to contractors?
How does this work?
Can I get money instead?
What do I do then?
What if I resign?
If I am sick?
And who decides?
And when do I have to ask?
Is it also possible in France?
Tell me more
Can you explain that?
Where does it say so?
Do I get a new one?
Thanks! And can I sell them?
Ok, perfect. For managers?
The same for interns?
I work part-time
We live in Poland.
I'm based in Munich
""".strip().splitlines()
ALONE = """
What is my notice period?
What do I do when I lose my laptop?
Can I bring my dog?
What is the dress code?
Who approves expenses?
How much parental leave?
Where can I smoke?
Can I work from home?
Do we get lunch?
How do I resign?
Can I work abroad?
What is my salary?
Is overtime paid?
Who pays for the gym?
Which travel agency do I use?
Is there a bonus?
Is there a car allowance?
Are there lockers?
Is it allowed to smoke in the yard?
Is it OK to use my phone?
How long does it take to get a refund?
How do I contact IT?
When is IT available?
Sick leave?
parental leave in Germany
notice period UK
Notice period in the Netherlands?
What happens to leave that I do not take?
How do I report that a colleague takes bribes?
What do I do if I lose my badge and it is found?
If my laptop breaks, who repairs it?
Can managers see my sick notes?
When do employees get their payslips?
Can I carry a knife this year?
By when do I have to hand in my expense claim?
In which cases may I use a taxi?
For how many nights is a hotel paid?
What was the travel policy in May 2023?
Do part-timers get a laptop?
Can interns join the pension scheme?
What if I lose my laptop?
And what is the dress code?
And when is probation over?
Also, how do I claim mileage expenses?
Thanks! Can I bring my dog?
What is the probation period in France?
If I get pregnant, does that change my contract?
I work at night, is that paid better?
I work from home and my chair is broken, who pays?
""".strip().splitlines()
GEHT_WEITER = """
Und in Österreich?
In der Schweiz?
In Deutschland?
Was ist mit Teilzeitkräften?
Wie ist es mit Führungskräften?
Wie sieht es in Frankreich aus?
Wie steht es um Praktikanten?
Auch für Azubis?
Aber nicht am Sonntag?
Und Abendessen?
Oder ein Beleg?
Für Teilzeitkräfte?
Während der Probezeit?
Ohne Attest?
Bei Krankheit?
Nach zwei Jahren?
Im Mai 2023?
Seit wann?
Bis wann?
Ab wann?
Warum?
Warum nicht?
Wo buche ich?
Wen informiere ich?
Wer ist zuständig?
Wie viele?
Wie viele Tage?
Wie lange?
Wie viel pro Monat?
Wie oft?
Wer genehmigt das?
Wer entscheidet?
Wen muss ich fragen?
Gibt es eine Obergrenze?
Gibt es Ausnahmen?
Welches Formular brauche ich?
Was bekommen Praktikanten?
Kann ich sie verkaufen?
Wann verfallen sie?
Wann verfallen die?
Muss ich ihn unterschreiben?
Gilt das für Werkstudenten?
Gilt das auch bei Kündigung?
Muss das mein Chef genehmigen?
Wie lange dauert das?
Was muss ich dafür tun?
Bekomme ich stattdessen Geld?
Und wenn ich kündige?
Wenn ich krank bin?
Und wer zahlt?
Danke! Und in Österreich?
Ist diese Frist verlängerbar?
""".strip().splitlines()
ALLEIN = """
Wie lange ist meine Kündigungsfrist?
Was ist die Kündigungsfrist?
Was mache ich, wenn ich meinen Laptop verliere?
Darf ich meinen Hund mitbringen?
Gibt es eine Kleiderordnung?
Wer genehmigt Dienstreisen?
Wie viel Elternzeit bekomme ich?
Wo darf ich rauchen?
Kann ich im Homeoffice arbeiten?
Darf ich im Ausland arbeiten?
Bekommen wir Mittagessen?
Wie kündige ich?
Wie hoch ist mein Gehalt?
Werden Überstunden bezahlt?
Wer zahlt das Fitnessstudio?
Gibt es Weihnachtsgeld?
Gibt es einen Dienstwagen?
Ist es erlaubt, im Hof zu rauchen?
Wie lange dauert es, bis die Reisekosten erstattet werden?
Können Sie mir sagen, wie lang die Probezeit ist?
Elternzeit?
Elternzeit in Deutschland
Kündigungsfrist in der Schweiz
Was passiert mit Resturlaub, den ich nicht nehme?
Wenn mein Laptop kaputt ist, wer repariert ihn?
Bekommen Praktikanten einen Laptop?
Dürfen Führungskräfte meine Krankmeldung sehen?
Bis wann muss ich meine Spesenabrechnung einreichen?
In welchen Fällen darf ich Taxi fahren?
Für wie viele Nächte wird ein Hotel bezahlt?
Welche Reiserichtlinie galt im Mai 2023?
Wann brauche ich ein Attest?
Wie melde ich mich krank?
Wie melde ich einen Arbeitsunfall?
Wer ist der Datenschutzbeauftragte?
Was kostet das Jobticket?
Darf ich das Diensthandy privat nutzen?
Wie beantrage ich Sonderurlaub?
Wie wird mein Bonus berechnet?
Muss ich Geschenke melden?
Und wie lange dauert die Probezeit bei Führungskräften im Vertrieb?
Und wer genehmigt Dienstreisen?
Danke! Darf ich meinen Hund mitbringen?
""".strip().splitlines()


@pytest.mark.parametrize("question", [*GO_ON, *GEHT_WEITER])
def test_a_question_without_a_subject_of_its_own_goes_on(question: str) -> None:
    assert "How many unused leave days can I carry over" in standalone(question, BEFORE)


@pytest.mark.parametrize("question", [*ALONE, *ALLEIN, *(question for _, question in _TOPICS)])
def test_a_question_with_a_subject_of_its_own_stands_alone(question: str) -> None:
    assert standalone(question, BEFORE) == question


def test_there_are_forty_each_way_in_each_language() -> None:
    assert all(len(set(examples)) >= 40 for examples in (GO_ON, ALONE, GEHT_WEITER, ALLEIN))


def test_nearly_all_questions_of_the_samples_are_told_apart() -> None:
    rows = [
        json.loads(line)
        for file in ("corpora/sample/questions/questions.jsonl", "corpora/sister/questions.jsonl")
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines()
    ]
    alone = [standalone(row["text"], BEFORE) == row["text"] for row in rows if not row["history"]]
    joined = [standalone(row["text"], BEFORE) != row["text"] for row in rows if row["history"]]
    assert sum(alone) >= 0.97 * len(alone)
    assert sum(joined) >= 0.85 * len(joined)


def test_a_joined_question_is_whole() -> None:
    joined = standalone("Can I sell them?", BEFORE)
    assert standalone(f"{joined.rstrip('?')}, in Germany?", [Turn("Can I bring my dog?", "")]).startswith(
        "Can I sell them?"
    )
    assert "dog" not in standalone(joined, [Turn("Can I bring my dog?", "")])


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("And in Germany?", "in Germany?"),
        ("ok, thanks! And also for managers?", "for managers?"),
        ("What about part-timers?", "part-timers?"),
        ("Was ist mit Teilzeitkräften?", "Teilzeitkräften?"),
        ("Wie sieht es in Österreich aus?", "in Österreich"),
        ("Wie ist es mit Azubis?", "Azubis"),
        ("Android phones?", None),
        ("Underwear?", None),
    ],
)
def test_what_opens_as_going_on(question: str, rest: str | None) -> None:
    assert opening(question) == rest


def test_a_clause_begins_as_a_question_does() -> None:
    assert is_clause("when do they lapse?")
    assert is_clause("wie lange gilt das?")
    assert not is_clause("for managers?")
