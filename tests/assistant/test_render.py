"""Text from documents stays text, whatever it holds; answers and citations as they are drawn."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.panel import citation_props
from assistant.records import Answer, Check, Citation, Claim, Conflict, Status
from assistant.render import (
    Drafting,
    answer_markdown,
    found_line,
    linked,
    outcome_line,
    plain,
    report_markdown,
    sentence,
)
from assistant.telling import as_text
from assistant.wording import wording
from retrieval.records import Passage

TODAY = date(2026, 3, 1)
PASSAGE = Passage(
    passage_id="d1.v2.p0003", document_id="d1", version_id="d1.v2", title="Leave Policy", file="leave.pdf",
    text="Leave is 28 days. Five may be carried over.", section_path=("4 Leave", "4.2 Carry-over"), page=3,
    effective_from=date(2025, 1, 1), jurisdiction="DE", owner="People team",
)  # fmt: skip
CITATION = Citation(1, PASSAGE, 18, 43)
PAYLOADS = [
    "![x](http://outside.invalid/a.png)", "[click](javascript:alert(1))", "<img src=x onerror=alert(1)>", "<script>alert(1)</script>",
    "![x][r]\n\n[r]: http://outside.invalid/r.png", "<http://outside.invalid>", "https://outside.invalid/auto", "www.outside.invalid",
    "mailto:a@outside.invalid", "someone@outside.invalid", "[a]: http://outside.invalid", "# not a heading", "- not a list",
    "1. not a list", "2) nor this", "> not a quote", "```\nnot code\n```", "`not code`", "*not emphasis* and __not bold__",
    "| a | b |\n|---|---|\n| 1 | 2 |", "~~not struck~~", ":::warning[x]\ntext\n:::", ":name[x]{onclick=alert(1)}", "$$x$$", "---", "***",
    "a\\[b](http://outside.invalid)", "\\![x](http://outside.invalid)", "[1](http://outside.invalid)", "[1]: http://outside.invalid",
    "[1][2](http://outside.invalid)", "![1](http://outside.invalid/i.png)", "&lt;b&gt; &amp;", "<svg onload=alert(1)>", "<a href='//outside.invalid'>x</a>",
    "<!-- comment -->", "<![CDATA[x]]>", "data:image/svg+xml;base64,PHN2Zz4=", "http://outside.invalid/`code`", "ftp://outside.invalid/x",
    "[x](<http://outside.invalid>)", "[^1]: footnote http://outside.invalid", "[^1]", "- [ ] task", "    indented code", "a  \nb", "Setext\n===", "Setext\n---",
    "[link]( \"title\")", "HTTPS://OUTSIDE.INVALID", "<IMG SRC=\"jav&#x09;ascript:alert(1)\">", "![](file:///etc/passwd)",
]  # fmt: skip


def _drawn(markdown: str) -> str:
    return MarkdownIt("gfm-like", {"linkify": True, "html": True}).render(markdown)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_becomes_a_link_an_image_or_markup(payload: str) -> None:
    html = _drawn(plain(payload))
    for tag in (
        "<a",
        "<img",
        "<script",
        "<svg",
        "<h1",
        "<h2",
        "<li",
        "<table",
        "<pre",
        "<em",
        "<strong",
        "<hr",
        "<blockquote",
        "<s>",
    ):
        assert tag not in html, html


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_shown_as_a_draft_is_as_harmless_however_it_is_cut(payload: str) -> None:
    for seed in range(5):
        cuts = random.Random(seed)
        drafting, shown, at = Drafting(), "", 0
        while at < len(payload):
            size = cuts.randint(1, 7)
            shown += drafting.add(payload[at : at + size])
            at += size
        html = _drawn(shown + drafting.rest())
        assert "<a" not in html
        assert "<img" not in html


@pytest.mark.parametrize(
    "text",
    ["28 days (§ 4.2), 45 € a day — “as agreed”.", "Clause 4.2(b)(iii): up to 5% & more", "C:\\path\\to", "a_b*c"],
)
def test_plain_reads_exactly_as_the_text(text: str) -> None:
    html = _drawn(plain(text)).strip().removeprefix("<p>").removesuffix("</p>")
    assert html.replace("&amp;", "&").replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">") == text


def test_marks_become_links_to_the_sources_and_nothing_else_does() -> None:
    assert linked("Five days.", [1, 2]) == "Five days.\u00a0[1](#source-1)[2](#source-2)"
    assert _drawn(linked("See [1](http://outside.invalid)", [1])).count("<a ") == 1


@pytest.mark.parametrize("check", [Check.QUOTED, Check.SUPPORTED])
@pytest.mark.parametrize(
    "words",
    [
        "The notice period is [30] days and the fee is [2] per cent.",
        "See footnote [1], annex [A] and https://intra.example/form?number=[1] [2]",
        "Band: [1]; Days: [28]\nBand: [2]; Days: [30]",
    ],
)
def test_numbers_in_brackets_that_a_document_has_of_its_own_lead_nowhere(words: str, check: Check) -> None:
    markdown = answer_markdown(_answer(Claim(words, (1,), check)), today=TODAY)
    drawn = _drawn(markdown)
    assert re.findall(r"<a .*?</a>", drawn) == ['<a href="#source-1">1</a>']
    assert markdown.count("#source-") == 1
    told = re.sub(r"<.*?>", "", drawn)
    assert all(number in told for number in re.findall(r"\[\w+\]", words))


def _answer(*claims: Claim, **more: object) -> Answer:
    answer = Answer(
        question="q", standalone_question="q", status=Status.ANSWERED, reason=None, text=as_text(claims), claims=claims,
        citations=(CITATION,), conflicts=(), confidence=0.9, as_of=TODAY, model="m", index_generation=1,
    )  # fmt: skip
    return replace(answer, **more)  # type: ignore[arg-type]


def _phrased(text: str) -> Claim:
    return Claim(text, (1,), Check.SUPPORTED)


def _quoted(text: str, number: int = 1, **more: str) -> Claim:
    return Claim(text, (number,), Check.QUOTED, **more)


def test_a_phrased_answer_is_a_paragraph() -> None:
    answer = _answer(_phrased("Five may be carried over."))
    assert answer_markdown(answer, today=TODAY) == "Five may be carried over.\u00a0[1](#source-1)"


def test_a_quoted_answer_is_set_off_below_its_lead_in() -> None:
    answer = _answer(_quoted("Five may be carried over."))
    assert (
        answer_markdown(answer, today=TODAY)
        == "Leave Policy says\\:\n\n> Five may be carried over.\u00a0[1](#source-1)"
    )


def test_a_quoted_list_keeps_its_lines() -> None:
    answer = _answer(_quoted("After probation:\n- 2 years: one month\n- 5 years: two months"))
    drawn = _drawn(answer_markdown(answer, today=date(2026, 1, 5)))
    # The chat keeps line breaks as they are; a break of markdown's own would double them.
    assert drawn.split("<blockquote>")[1].count("\n- ") == 2
    assert "<li>" not in drawn
    assert "<br" not in drawn


def test_quoted_rows_are_drawn_as_a_table() -> None:
    rows = "Country: Germany; Full pay: 6 weeks\nCountry: United Kingdom; Full pay: 8 weeks"
    drawn = _drawn(answer_markdown(_answer(_quoted(rows, heading="Sick pay")), today=TODAY))
    before, table = drawn.split("<table>")
    assert "<p>Sick pay:</p>" in before
    assert re.findall(r"<th>(.*?)</th>", table) == ["Country", "Full pay"]
    assert [re.sub(r"<.*?>", "", cell) for cell in re.findall(r"<td>(.*?)</td>", table)] == [
        "Germany", "6 weeks", "United Kingdom", "8 weeks\u00a01",
    ]  # fmt: skip
    assert 'href="#source-1"' in table
    assert drawn.index("<blockquote>") < drawn.index("<table>") < drawn.index("</blockquote>")


def test_a_country_stands_above_its_table() -> None:
    rows = "Service: 1 year; Notice: 4 weeks\nService: 2 years; Notice: 1 month"
    answer = _answer(_quoted(rows, country="DE"), _quoted("Six.", 2, country="GB"), choices=("DE", "GB"))
    drawn = _drawn(answer_markdown(answer, today=TODAY))
    assert "<p>Germany:</p>" in drawn.split("<table>")[0]
    assert "<th>Service</th>" in drawn


@given(st.lists(st.text("\\|`[]()!a1 https://"), min_size=2, max_size=3))
@example(["https://a.test/x\\\\|[click](http://evil.test)", "u"])
def test_no_bar_ends_its_cell(cells: list[str]) -> None:
    fields = "; ".join(f"Name {at}: {cell or 'x'}" for at, cell in enumerate(cells))
    quoted = answer_markdown(_answer(_quoted(f"{fields}\n{fields}")), today=TODAY)
    for row in quoted.splitlines():
        # As the chat reads it: a backslash holds what follows it, another backslash too.
        ends = len(re.findall(r"\|", re.sub(r"\\.", "", row)))
        assert ends in (0, len(cells) + 1)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_leaves_its_cell(payload: str) -> None:
    cell = payload.replace("\n", " ").replace("; ", " ").replace(": ", " ")
    rows = f"Name: {cell}; Use: {cell}\nName: other; Use: https://a.test/x|y"
    drawn = _drawn(answer_markdown(_answer(_quoted(rows)), today=TODAY))
    assert re.findall(r"<td>(.*?)</td>", drawn)[2] == "other"
    for tag in ("<img", "<script", "<svg", "<h1", "<li", "<iframe", 'onerror="'):
        assert tag not in drawn.lower()
    assert all(link.startswith("#source-") for link in re.findall(r'href="(.*?)"', drawn))


def test_the_words_around_quotations_are_in_the_reader_s_language() -> None:
    def in_german(*claims: Claim, **more: object) -> list[str]:
        answer = _answer(*claims, **more)
        return answer_markdown(answer, today=TODAY, words=wording("de")).split("\n\n")

    other = replace(CITATION, number=2, passage=replace(PASSAGE, title="Handbook [1]", jurisdiction="GB"))
    both = {"citations": (CITATION, other)}
    quotations = (_quoted("Five.", country="DE"), _quoted("Six.", 2, country="GB"))
    assert in_german(_quoted("Five."))[0] == "Leave Policy sagt\\:"
    assert in_german(_quoted("Five."), **both)[0] == "Leave Policy und Handbook \\[1\\] sagen\\:"
    assert in_german(*quotations, choices=("DE", "GB"), **both) == [
        "Das hängt vom Land ab\\:", "> Deutschland\\: Five.\u00a0[1](#source-1)", "> Vereinigtes Königreich\\: Six.\u00a0[2](#source-2)",
    ]  # fmt: skip
    assert in_german(*quotations, **both)[1:] == [
        "> Deutschland\\: Five.\u00a0[1](#source-1)", "> Vereinigtes Königreich\\: Six.\u00a0[2](#source-2)",
    ]  # fmt: skip
    disputed = in_german(_quoted("Five."), conflicts=(Conflict("the deadline", (1, 2)),), **both)
    assert disputed[0] == "Die geltenden Dokumente sind sich darin nicht einig\\:"


def test_an_answer_for_another_day_says_so() -> None:
    answer = _answer(_phrased("Five."), as_of=date(2023, 5, 31))
    assert answer_markdown(answer, today=TODAY).startswith("*As the rules stood on 31 May 2023:*")


def test_an_answer_for_a_day_to_come_says_that_it_is_one() -> None:
    answer = _answer(_phrased("Five."), as_of=date(2027, 1, 1))
    in_english, in_german = (answer_markdown(answer, today=TODAY, words=wording(tag)) for tag in ("en", "de"))
    assert in_english.startswith("*As the rules will stand on 1 January 2027:*")
    assert in_german.startswith("*Nach den Regeln, die am 1. Januar 2027 gelten werden:*")


@pytest.mark.parametrize(
    ("tag", "said"), [("en", "*This may not be what you asked for"), ("de", "*Das ist vielleicht nicht, was Sie")]
)
def test_a_doubtful_answer_says_so_above_it(tag: str, said: str) -> None:
    answer = _answer(_quoted("Five may be carried over."))
    plainly = answer_markdown(answer, today=TODAY, words=wording(tag))
    first, _, rest = answer_markdown(replace(answer, doubtful=True), today=TODAY, words=wording(tag)).partition("\n\n")
    assert first.startswith(said)
    assert rest == plainly


def test_a_conflict_names_both_sides_their_dates_and_whom_to_ask() -> None:
    other = replace(CITATION, number=2, passage=replace(PASSAGE, effective_from=date(2024, 6, 1)))
    answer = _answer(_phrased("Five."), citations=(CITATION, other), conflicts=(Conflict("the deadline", (1, 2)),))
    assert answer_markdown(answer, today=TODAY).splitlines()[-1] == (
        "**[1](#source-1) and [2](#source-2) differ.** Ask People team before you rely on either. "
        "[1](#source-1) is in force since 1 January 2025, [2](#source-2) is in force since 1 June 2024."
    )
    in_german = answer_markdown(answer, today=TODAY, words=wording("de")).splitlines()[-1]
    assert in_german.startswith(
        "**[1](#source-1) und [2](#source-2) widersprechen sich.** Fragen Sie People team, bevor"
    )
    assert in_german.endswith("[2](#source-2) gilt seit 1. Juni 2024.")


def test_a_citation_is_its_passage_in_three_pieces_with_where_it_stands() -> None:
    props = citation_props(CITATION, today=TODAY)
    assert props["before"] + props["quote"] + props["after"] == PASSAGE.text
    assert props["quote"] == "Five may be carried over."
    assert (props["title"], props["section"]) == ("Leave Policy", "4 Leave › 4.2 Carry-over")
    assert [fact["text"] for fact in props["facts"]] == [
        "Version 2",
        "in force since 1 January 2025",
        "page 3",
        "Germany",
    ]
    assert props["original_url"] == "/api/v1/documents/d1/original?version=d1.v2&view=page#page=3"
    assert props["original_label"] == "Open the original at page 3"
    in_german = citation_props(CITATION, today=TODAY, words=wording("de"))
    assert [fact["text"] for fact in in_german["facts"]] == [
        "Fassung 2",
        "gilt seit 1. Januar 2025",
        "Seite 3",
        "Deutschland",
    ]
    assert in_german["original_label"] == "Original auf Seite 3 öffnen"


@pytest.mark.parametrize(
    ("dates", "fact"),
    [
        ({"effective_to": date(2025, 12, 31)}, "was in force until 31 December 2025"),
        ({"effective_from": date(2027, 1, 1)}, "in force from 1 January 2027"),
        ({"effective_from": None}, "in force"),
    ],
)
def test_a_citation_says_whether_it_is_in_force(dates: dict[str, date | None], fact: str) -> None:
    citation = replace(CITATION, passage=replace(PASSAGE, **dates))  # type: ignore[arg-type]
    assert citation_props(citation, today=TODAY)["facts"][1]["text"] == fact


def test_found_line_counts_passages_and_documents() -> None:
    other = replace(CITATION, number=2, passage=replace(PASSAGE, passage_id="d1.v2.p0004"))
    assert found_line([CITATION]) == "Found 1 passage in 1 document"
    assert found_line([CITATION, other]) == "Found 2 passages in 1 document"
    assert found_line([CITATION, other], wording("de")) == "2 Stellen in 1 Dokument gefunden"


@pytest.mark.parametrize(
    ("report", "line"),
    [
        ({"file": "a.md", "status": "indexed", "title": "A", "passages": 3, "pages": 2}, "✓ **a.md** — A, 2 pages, 3 passages"),
        ({"file": "a_b.md", "status": "rejected", "reason": "the file is empty; save it again"}, "✗ **a\\_b.md** — not added: the file is empty; save it again"),
        ({"file": "a.md", "status": "unchanged"}, "= **a.md** — is in the library already"),
        ({"file": "a.pdf", "status": "partial", "passages": 1, "reason": "page 2 has no text"}, "~ **a.pdf** — 1 passage (page 2 has no text)"),
    ],
)  # fmt: skip
def test_a_file_s_report_is_one_line(report: dict[str, object], line: str) -> None:
    assert report_markdown(report) == line


def test_an_upload_s_outcome_is_counted() -> None:
    reports = [{"status": status} for status in ("indexed", "rejected", "partial", "unchanged")]
    assert outcome_line(reports) == "**2 added, 1 unchanged, 1 not added**"
    assert outcome_line([]) == "**Nothing to read**"


def test_an_error_is_a_sentence_of_plain_text() -> None:
    assert (
        sentence("there is no index; run: policydesk ingest FOLDER")
        == "There is no index; run\\: policydesk ingest FOLDER."
    )
