from __future__ import annotations

import re

import pytest

from ingest import markup
from ingest.load import load
from ingest.read import read
from ingest.records import BlockKind


def lines(page: str) -> list[str]:
    return [" ".join(line.split()) for line in re.sub(r"<[^>]+>", "\n", page).split("\n") if line.strip()]


def prepared(source: str) -> list[str]:
    return lines(markup.prepare_html(markup.markdown_to_html(source))[1])


def test_front_matter_is_parsed_and_left_out_of_the_text() -> None:
    properties, body = markup.split_front_matter("---\ntitle: Paid leave\neffective: 2025-03-01\n---\n# Leave\n")
    assert properties == {"title": "Paid leave", "effective": "2025-03-01"}
    assert body == "# Leave\n"


def test_a_rule_between_paragraphs_is_no_front_matter() -> None:
    source = "---\nJust a sentence.\n---\nMore."
    assert markup.split_front_matter(source) == ({}, source)


def test_template_tags_leave_only_what_they_say() -> None:
    source = (
        'Ask in {% slack_channel "people-ops" %} or read [the guide]({% page "/leave/" %}).{% comment %}todo{% endcomment %}'
        ' {% alert "Book early" %}{{ site.name }}'
    )
    assert markup.strip_template_tags(source).split() == (
        "Ask in #people-ops or read [the guide](#). Book early".split()
    )


def test_link_text_stays_and_its_address_goes() -> None:
    assert prepared("See [the leave policy](https://example.org/leave).") == ["See", "the leave policy", "."]


def test_numbers_of_nested_lists_become_text() -> None:
    assert prepared("1. Leave\n    1. Annual leave is 30 days.\n    2. Sick leave is paid.\n2. Pay\n") == [
        "1. Leave",
        "1.1 Annual leave is 30 days.",
        "1.2 Sick leave is paid.",
        "2. Pay",
    ]


def test_a_list_goes_on_with_the_number_it_states() -> None:
    assert prepared("4. Fourth\n5. Fifth\n") == ["4. Fourth", "5. Fifth"]


def test_lettered_lines_become_items_of_their_own() -> None:
    source = "1. Restrictions.\n    a. No copying.\n    b. No resale.\n"
    assert prepared(source) == ["1. Restrictions.", "a. No copying.", "b. No resale."]


def test_scripts_navigation_and_hidden_parts_are_left_out() -> None:
    page = (
        "<html><head><title>Leave &amp; pay</title><style>p{}</style></head><body><nav>Home</nav><script>x()</script>"
        "<div class='breadcrumb'>A > B</div><p>Kept.</p><p style='display: none'>Hidden</p><footer>Imprint</footer></body></html>"
    )
    title, rest = markup.prepare_html(page)
    assert title == "Leave & pay"
    assert lines(rest) == ["Kept."]


def test_folded_sections_are_opened() -> None:
    _, page = markup.prepare_html("<details><summary>Who may apply?</summary><p>Everyone.</p></details>")
    assert lines(page) == ["Who may apply?", "Everyone."]


def test_what_a_button_opens_stands_under_the_words_on_it() -> None:
    _, page = markup.prepare_html(
        "<h2><button aria-expanded='false'>May I sell leave?</button></h2><div style='display: none'>No.</div>"
        "<button class='accordion'>May I buy leave?</button><div hidden>Up to five days.</div><button>Print</button>"
    )
    assert "<h2>May I sell leave?</h2>" in page
    assert '<h4 class="accordion">May I buy leave?</h4>' in page
    assert lines(page)[:4] == ["May I sell leave?", "No.", "May I buy leave?", "Up to five days."]


def test_merged_cells_are_repeated() -> None:
    source = (
        "<table><tr><td rowspan=2>DE</td><td>30</td></tr><tr><td>31</td></tr><tr><td colspan=2>all</td></tr></table>"
    )
    _, page = markup.prepare_html(source)
    assert lines(page) == ["DE", "30", "DE", "31", "all", "all"]


def test_a_definition_list_reads_as_term_and_meaning() -> None:
    _, page = markup.prepare_html("<dl><dt>Manager</dt><dd>The person you report to.</dd></dl>")
    assert lines(page) == ["Manager: The person you report to."]


def test_several_terms_and_descriptions_of_several_paragraphs_stay_together() -> None:
    _, page = markup.prepare_html(
        "<dl><div><dt>Partner</dt><dt>Carer</dt><dd><p>Who looks after the child.</p><p>Either parent.</p></dd></div><dt>Alone</dt></dl>"
    )
    assert lines(page) == ["Partner, Carer: Who looks after the child.", "Either parent.", "Alone"]


def test_control_characters_are_left_out() -> None:
    _, page = markup.prepare_html("<ol><li>\x01One&#2;&#x1f; more</li></ol><p>Two</p>")
    assert lines(page) == ["1. One more", "Two"]


def test_what_tabs_open_stands_below_its_own_tab() -> None:
    page = (
        '<h1>Parking</h1><ul role="tablist" class="nav nav-tabs"><li><a role="tab" aria-controls="b">Berlin</a></li>'
        '<li><a role="tab" aria-controls="p">Paris</a></li></ul>'
        '<div id="b" role="tabpanel"><p>It has fifty places.</p></div><div id="p" role="tabpanel" hidden><p>It has ten places.</p></div>'
    )
    _, source = markup.prepare_html(f"<html><body>{page}</body></html>")
    assert lines(source) == ["Parking", "Berlin", "It has fifty places.", "Paris", "It has ten places."]


EXPORTED = """<!doctype html><head><style>.c1{font-weight:700}.c2{color:#000;text-decoration:line-through}</style></head><body>
<p class="c9 title"><span>Remote work</span></p><h1>1. Who</h1><p><span class="c1">Staff</span><span class="c2"> and guests</span></p>
<ol class="lst-kix_a-0 start" start="1"><li><span>Ask your manager.</span></li></ol>
<ol class="lst-kix_a-1 start" start="1"><li><span>In writing.</span></li><li><span>Early.</span></li></ol>
<ol class="lst-kix_a-0" start="2"><li><span>Sign the form.</span></li></ol></body>"""


def test_a_page_that_an_office_program_exports_reads_as_it_looks() -> None:
    loaded = load("remote.html", EXPORTED.encode())
    assert loaded.title == "Remote work"
    assert loaded.warnings == ("the file has struck-out text; it was left out",)
    assert [(block.text, block.bold) for block in loaded.blocks[2:]] == [
        ("Staff", True),
        ("1. Ask your manager.", False),
        ("1.1 In writing.", False),
        ("1.2 Early.", False),
        ("2. Sign the form.", False),
    ]


def test_a_layout_that_is_named_after_a_sidebar_is_text() -> None:
    page = (
        "<div class='columnLayout two-right-sidebar'><div class=cell><h3>Leave</h3><p>Everybody has 25 days a year.</p></div></div>"
        "<div class=sidebar><h4>More</h4><a href=x>Sick leave</a> <a href=y>Parental leave</a></div>"
        "<ul class=breadcrumb><li>Home of all policies of ours</li></ul>"
    )
    assert lines(markup.prepare_html(page)[1]) == ["Leave", "Everybody has 25 days a year."]


def test_the_header_of_a_section_and_what_calls_itself_a_heading_head_their_text() -> None:
    page = (
        "<h1>Handbook</h1><section><header><h2>Annual leave</h2></header><p>25 days.</p></section>"
        "<div role=heading aria-level=2>Sick leave</div><p>Six weeks.</p>"
    )
    blocks = load("a.html", page.encode()).blocks
    assert [(block.kind, block.level, block.text) for block in blocks] == [
        (BlockKind.HEADING, 1, "Handbook"),
        (BlockKind.HEADING, 2, "Annual leave"),
        (BlockKind.PARAGRAPH, None, "25 days."),
        (BlockKind.HEADING, 2, "Sick leave"),
        (BlockKind.PARAGRAPH, None, "Six weeks."),
    ]


@pytest.mark.parametrize(
    "folded",
    [
        "<details><summary>Part-time</summary><p>Pro rata.</p></details>",
        "<ul><li><details><summary>Part-time</summary><p>Pro rata.</p></details></li></ul>",
        "<div><button aria-expanded=false>Part-time</button><div><p>Pro rata.</p></div></div>",
    ],
)
def test_what_follows_a_folded_part_is_not_under_its_heading(folded: str) -> None:
    second = folded.replace("Part-time", "Interns").replace("Pro rata", "None")
    page = f"<h1>Handbook</h1><p>Hello.</p><h2>Leave</h2><p>25 days.</p>{folded}{second}<p>Ask first.</p><h2>Pay</h2><p>Monthly.</p>"
    said = {clause.text.lstrip("- "): clause.section_path for clause in read("a.html", page.encode()).clauses}
    assert said == {
        "Hello.": (),
        "25 days.": ("Leave",),
        "Pro rata.": ("Leave", "Part-time"),
        "None.": ("Leave", "Interns"),
        "Ask first.": ("Leave",),
        "Monthly.": ("Pay",),
    }


def test_what_follows_a_folded_part_right_below_the_title_stands_below_that() -> None:
    found = read(
        "a.md", b"# Leave\n\n<details>\n<summary>Part-time</summary>\n\nPro rata.\n\n</details>\n\nAsk first.\n"
    )
    assert found.metadata.title == "Leave"
    assert [(clause.section_path, clause.text) for clause in found.clauses] == [
        (("Part-time",), "Pro rata."),
        ((), "Ask first."),
    ]


def test_the_marks_of_a_box_around_a_text_are_no_text() -> None:
    source = "Before.\n\n> [!NOTE]\n> Ask first.\n\n:::warning Mind this\nNever go.\n:::\n\n```\n::: kept\n```\n\nAt 8 ::: noon.\n"
    assert prepared(source) == ["Before.", "Ask first.", "Mind this", "Never go.", "::: kept", "At 8 ::: noon."]
