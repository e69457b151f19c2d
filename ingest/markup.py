"""Markdown and HTML sources, made ready for the partitioner: what is no text goes out, list numbers go in."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml

from ingest import webnotes, webstyles
from ingest.numbering import roman
from ingest.raised import raised
from ingest.webtables import settle

Properties = dict[str, str]

_FRONT_MATTER = re.compile(
    r"\A\s*---[ \t]*(?P<kind>[a-z]*)[ \t]*\r?\n(?P<body>.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL
)
_TOML = re.compile(r"\A\s*(?P<kind>\+\+\+)[ \t]*\r?\n(?P<body>.*?)\r?\n\+\+\+[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_COMMENTED = re.compile(r"\{%-?\s*comment\b.*?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
_TAG = re.compile(r"\{%-?\s*(?P<name>[\w-]+)\s*(?P<arguments>.*?)-?%\}", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_LINK_TARGET = re.compile(r"\]\(\s*(?:\{%.*?%\}|\{\{.*?\}\})[^)\n]*\)", re.DOTALL)
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
#: Labels that CommonMark does not know as list markers: "(a)", "a.", "iv)". On a line of their own they begin an item.
_LETTERED_LINE = re.compile(r"^(?P<indent>\s*)(?=(?:\([a-zA-Z]{1,4}\)|[a-hj-z][.)]|[ivx]{1,4}[.)])\s+\S)")
#: What opens and ends a box around a text, as ":::note" and "> [!NOTE]" do; a title behind it stays.
_CALLOUT = re.compile(r"\s*(?::{3,}[ \t]*\w*|>[ \t]*\[!\w+\][+-]?)[ \t]*")
#: A name of a few words and what it is, in bold or not.
_FIELD = re.compile(r"[*_]{0,2}[^\W\d_][\w/()-]*(?: [\w/()-]+){0,3}[*_]{0,2}:[*_]{0,2}\s+\S")
_ATX_WITHOUT_SPACE = re.compile(r"^(#{2,6})(?=[A-Za-z0-9])", re.MULTILINE)


def split_front_matter(source: str) -> tuple[Properties, str]:
    """The properties in front of a page and the page without them. Keys come lower-cased, their words joined by underscores:
    "Effective-Date" is ``effective_date``. A list's items are joined by commas. Broken front matter gives none."""
    match = _FRONT_MATTER.match(source) or _TOML.match(source)
    if match is None:
        return {}, source
    rest = source[match.end() :]
    if match["kind"] not in ("", "yaml", "+++"):
        return {}, rest
    try:
        found = tomllib.loads(match["body"]) if match["kind"] == "+++" else yaml.safe_load(match["body"])
    except (yaml.YAMLError, tomllib.TOMLDecodeError):
        return {}, rest if re.search(r"[:=]", match["body"]) else source
    if not isinstance(found, dict):
        return {}, source
    stated = {
        re.sub(r"[\s-]+", "_", str(key).strip().lower()): value if isinstance(value, list) else [value]
        for key, value in found.items()
    }
    return {
        key: ", ".join(str(each).strip() for each in value)
        for key, value in stated.items()
        if all(map(_is_plain, value))
    }, rest


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) or hasattr(value, "isoformat")


def strip_template_tags(source: str) -> str:
    """The source without Liquid or Jinja tags; what a tag would have shown stays where the tag itself says it."""
    if "{%" not in source and "{{" not in source:
        return source
    source = _COMMENTED.sub(" ", source)
    source = _LINK_TARGET.sub("](#)", source)
    source = _TAG.sub(_tag_text, source)
    return _EXPRESSION.sub("", source)


def _tag_text(match: re.Match[str]) -> str:
    name, arguments = match["name"], match["arguments"]
    quoted: list[str] = [first or second for first, second in _QUOTED.findall(arguments)]
    if name == "slack_channel" and quoted:
        return "#" + quoted[-1].removeprefix("#")
    if name in ("alert", "note", "callout") and quoted:
        return quoted[0]
    if name == "data" and arguments.strip():
        # A variable of another file: its name is all there is, in brackets so that nobody takes it for the text itself.
        return "[" + arguments.strip().split(".")[-1].replace("_", " ") + "]"
    return ""


def markdown_to_html(source: str) -> str:
    """HTML of a markdown body. Raw HTML passes through; indented code is read as text, as contracts indent clauses."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).disable("code")
    return str(parser.render(_with_items_apart(_ATX_WITHOUT_SPACE.sub(r"\1 ", source))))


def _with_items_apart(source: str) -> str:
    """The lines that say something by themselves apart: each that begins with "(a)" or "a." as a paragraph, "Owner: People team" and
    the like as a line."""
    lines: list[str] = []
    fenced = False
    for line in source.splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        if not fenced:
            line = _CALLOUT.sub("", line, count=1) if _CALLOUT.match(line) else line
        if not fenced and lines and _LETTERED_LINE.match(line) and lines[-1].strip():
            lines.append("")
        elif not fenced and lines and _FIELD.match(line) and _FIELD.match(lines[-1]):
            lines[-1] += "  "  # a line that ends so is broken there
        lines.append(line)
    return "\n".join(lines)


#: Page furniture and things that are no text.
_DROPPED = (
    "script", "style", "template", "noscript", "nav", "svg", "iframe", "form//select", "form//button", "head//style",
)  # fmt: skip
#: What no longer holds.
_STRUCK_OUT = ("s", "strike", "del", "*[contains(@style, 'line-through')]")
_STRIKES = re.compile(r"<(?:s|strike|del)(?=[\s>])|<[^<>]*\bstyle=[^<>]*line-through", re.IGNORECASE)
_FURNITURE = re.compile(r"\b(breadcrumbs?|cookie|site-(header|footer)|skip-?(nav|link))\b", re.IGNORECASE)
#: Furniture of links, and layouts that are named after it: "with-sidebar".
_LINKS = re.compile(r"\b(nav(bar|igation)?|sidebar|toc)\b", re.IGNORECASE)
_FEWEST_WORDS = 4
#: What folds a part of the page open: a button, a tab, or a link that acts as one.
_OPENS = "@aria-expanded or @aria-controls or contains(@class, 'accordion') or contains(@class, 'collaps')"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
#: Stands where a line ends, which the partitioner doesn't say.
LINE_BREAK = "\ue0f1"
#: Characters, and references to them, that lxml reads and will not write.
_UNWRITABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));",
    re.IGNORECASE,
)


def prepare_html(source: str) -> tuple[str | None, str]:
    """A page's ``<title>``, or what stands in the style of one, and the page made ready for the partitioner.

    Scripts, navigation, hidden parts and what is struck out go; numbers of ordered lists become text; what readers can fold open
    is opened; merged table cells are repeated, and tables that only lay out a page are its text. The page has no ``<head>`` afterwards.
    """
    from lxml import etree, html

    source = _UNWRITABLE.sub("", source)
    try:
        root = html.document_fromstring(
            source.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        )
    except etree.ParserError:  # nothing but comments and white space
        return None, ""
    title = _squeezed(root.findtext(".//title")) or webstyles.title(root)
    webstyles.settle(root)
    for pattern in (*_DROPPED, *_STRUCK_OUT):
        for node in root.xpath(f"//{pattern}"):
            _drop(node)
    opened: list[Any] = []
    for node in root.xpath(f"//*[self::button or @role='button' or @role='tab'][{_OPENS}]"):
        opened.append(_open(node))
    for node in root.xpath(
        "//*[@hidden or @aria-hidden='true' or @role='navigation' or contains(translate(@style,' ',''),'display:none')]"
    ):
        _drop(node)
    for node in root.xpath(
        "//*[@class or @id][self::div or self::ul or self::aside or self::header or self::footer or self::section]"
    ):
        named = f"{node.get('class', '')} {node.get('id', '')}"
        is_furniture = _FURNITURE.search(named) or (_LINKS.search(named) and not _tells(node))
        if is_furniture and not node.xpath(".//h1 | .//h2 | .//main | .//article"):
            _drop(node)
    for node in root.xpath("//footer | //header[not(.//h1)]"):
        if not node.xpath("ancestor::article | ancestor::section | ancestor::main | ancestor::blockquote"):
            _drop(node)
    for node in root.xpath("//div[@role='heading'] | //p[@role='heading'] | //span[@role='heading']"):
        level = node.get("aria-level", "2")
        node.tag = f"h{level}" if level in ("1", "2", "3", "4", "5") else "h6"
    for node in [*(part for part in opened if part is not None), *root.xpath("//details")]:
        _close(node)
    for node in root.xpath(f"//*[@{_FOLDED}]"):
        del node.attrib[_FOLDED]
    for node in root.xpath("//details | //figure | //figcaption | //fieldset | //dialog"):
        node.tag = "div"
    for node in root.xpath("//summary"):
        _head(node)
    for node in root.xpath("//dl"):
        _pair_terms(node)
    webnotes.settle(root)
    for node in root.iter("sup"):
        if (number := node.text_content().strip()).isdecimal():
            node[:], node.text = [], raised(number)
    settle(root)
    for node in root.xpath("//br[ancestor::p or ancestor::div or ancestor::li or ancestor::blockquote]"):
        node.tail = LINE_BREAK + (node.tail or "")
        _drop(node)
    _number_lists(root)
    for node in root.xpath("//li"):
        _gather_paragraphs(node)
    for head in root.xpath("//head"):
        _drop(head)
    return title, str(html.tostring(root, encoding="unicode"))


def left_out(page: str) -> tuple[str, ...]:
    """Warnings of what the readers of a page see and ``prepare_html`` leaves out: struck-out text."""
    return (
        ("the file has struck-out text; it was left out",) if _STRIKES.search(page) or webstyles.strikes(page) else ()
    )


def _squeezed(text: str | None) -> str | None:
    squeezed = " ".join((text or "").split())
    return squeezed or None


def _drop(node: Any) -> None:
    """Take an element out, leaving the text that follows it."""
    if node.getparent() is not None:
        node.drop_tree()


def _tells(node: Any) -> bool:
    """Whether a part has text, not links alone: most of its words lead nowhere."""
    said = len(node.text_content().split())
    led = sum(len(link.text_content().split()) for link in node.iter("a"))
    return said - led >= _FEWEST_WORDS and 2 * led < said


#: What the heading over a folded part is told apart by.
_FOLDED = "data-folded"
_GOES_ON = "*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5 or self::h6 or self::details or self::summary or self::button]"


def _close(part: Any) -> None:
    """Say the heading above a folded part once more below it, where text follows that is no part of it."""
    above = part.xpath(f"preceding::{_GOES_ON}[not(@{_FOLDED})][not(ancestor-or-self::details or self::button)][1]")
    if not above or next(part.iterancestors("details"), None) is not None:
        return
    while not (part.tail or "").strip() and not any(map(_squeezed_text, part.itersiblings())):
        part = part.getparent()
        if part is None or part.tag == "body":
            return
    following = next((node for node in part.itersiblings() if _squeezed_text(node)), None)
    goes_on = following is not None and bool(
        following.xpath(f"self::{_GOES_ON} | self::*[.//details or .//h1 or .//h2]")
    )
    if goes_on and not (part.tail or "").strip():
        return
    again = part.makeelement(above[0].tag)
    again.text, again.tail = _squeezed_text(above[0]), part.tail
    part.tail = None
    part.addnext(again)


def _squeezed_text(node: Any) -> str | None:
    return _squeezed(node.text_content())


def _head(node: Any) -> None:
    """Make the line over a folded part its heading, or a paragraph if it is long."""
    node.set(_FOLDED, "")
    node.tag = "h4" if len(_squeezed(node.text_content()) or "") < 120 else "p"


def _open(button: Any) -> Any | None:
    """Show what a button opens: the part it names, else what stands behind it; the button becomes its heading.

    :returns: the part, where it had no heading before.
    """
    above = button.getparent()
    line = above if above is not None and above.tag in _HEADINGS else button
    named = button.get("aria-controls")
    part = line.getnext() if not named else next(iter(button.xpath("//*[@id=$named]", named=named)), None)
    if part is not None:
        for attribute in ("hidden", "aria-hidden", "style"):
            part.attrib.pop(attribute, None)
    if line is button:
        # Tabs stand side by side above all that they open.
        if named and part is not None and part.getparent() is not None:
            part.addprevious(button)
        _head(button)
        return part
    button.drop_tag()
    return None


def _pair_terms(node: Any) -> None:
    """A definition list as paragraphs "Term: description"; several terms of one description in a row."""
    terms: list[str] = []
    for child in node.xpath("./dt | ./dd | ./div/dt | ./div/dd"):
        if child.tag == "dt":
            terms.append((_squeezed(child.text_content()) or "").rstrip(":"))
            _drop(child)
        else:
            child.tag = "div" if child.xpath("./p | ./div | ./ul | ./ol | ./dl") else "p"
            if terms:
                _prepend(child, f"{', '.join(terms)}: ")
                terms = []
    for term in terms:
        node.append(node.makeelement("p"))
        node[-1].text = term
    node.tag = "div"


def _number_lists(root: Any) -> None:
    """Write the numbers of ordered lists into their items: "2.", and "2.1" below it."""
    numbers: dict[Any, str] = {}
    for ordered in root.iter("ol"):
        above = next(ordered.iterancestors("li"), None)
        style = ordered.get("type", "1")
        prefix = f"{numbers[above]}." if style == "1" and above in numbers else ""
        start = ordered.get("start", "1")
        value = int(start) if start.isdecimal() else 1
        for item in ordered.iterchildren("li"):
            stated = item.get("value", "")
            value = int(stated) if stated.isdecimal() else value
            label = {
                "a": _letter(value),
                "A": _letter(value).upper(),
                "i": roman(value),
                "I": roman(value).upper(),
            }.get(style, str(value))
            if style == "1":
                numbers[item] = prefix + label
                _prepend(item, f"{prefix}{label} " if prefix else f"{label}. ")
            else:
                _prepend(item, f"({label}) " if style in "ai" else f"{label}. ")
            value += 1


def _letter(value: int) -> str:
    letters = ""
    while value > 0:
        value, remainder = divmod(value - 1, 26)
        letters = chr(ord("a") + remainder) + letters
    return letters or "0"


def _prepend(item: Any, label: str) -> None:
    """Put a label in front of an item's text, inside its first paragraph where it begins with one."""
    target = item
    while not (target.text or "").strip() and len(target) and target[0].tag in ("p", "div"):
        target = target[0]
    target.text = label + (target.text or "").lstrip()


_LABELLED = re.compile(r"\s*(?:\([a-zA-Z]{1,4}\)|[a-z][.)]|[ivx]{1,4}[.)])\s")


def _gather_paragraphs(item: Any) -> None:
    """Make the paragraphs of an item one text; those that begin with a label of their own become items below it."""
    inner: Any = None
    for child in list(item):
        if child.tag != "p":
            inner = None if child.tag in ("ul", "ol") else inner
            continue
        if _LABELLED.match(child.text_content()):
            if inner is None:
                inner = item.makeelement("ul")
                child.addprevious(inner)
            tail, child.tail = child.tail, None
            child.tag = "li"
            inner.append(child)
            inner.tail = tail
        else:
            child.tail = " " + (child.tail or "")
            child.drop_tag()
