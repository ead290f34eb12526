"""The tables and charts of benchmarks/run: a document of figures in, Markdown, JSON and SVG out."""

import json
from html import escape

CHARTS = {
    "echo": ["echo1-16", "echo1-512", "echo1-16k", "echo16-16", "echo16-512"],
    "fan-out": ["fan1000", "fan1000w16", "fan5000"],
    "compressed": ["deflate-echo", "deflate-fan"],
    "channels": ["channels-fan", "channels-fanw16", "channels-echo"],
    "tls and loops": ["tls-echo", "tls-fan", "loops-echo", "loops-fan"],
}
COLOURS = {"dunlin": "#1f5fbf", "limit": "#555555"}
OTHER = "#b9c4d0"


def count(value):
    if value >= 999_500:
        return f"{value / 1e6:.2f}M"
    return f"{value / 1e3:.0f}k" if value >= 9_950 else f"{value / 1e3:.1f}k"




def head(*titles):
    return ["| " + " | ".join(titles) + " |", "|---" + "|---:" * (len(titles) - 1) + "|"]


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def throughput(document):
    """A row for each scenario and server, best first."""
    table = document["table"]
    plain = {n: s for n, s in table.items() if n not in ("r200",)}
    lines = []
    for name, scenario in plain.items():
        lines += ["", f"### {scenario['title']} (`{name}`)", ""]
        lines += head("server", "per server CPU-second", f"ratio to {scenario['base']}", "95 %", "each second")
        best = sorted(scenario["servers"].items(), key=lambda pair: -pair[1]["per_cpu_second"])
        for server, figures in best:
            ratio = f"{figures['ratio']:.2f}" if "ratio" in figures else "–"
            spread = f"{figures['ratio_low']:.2f}–{figures['ratio_high']:.2f}" if "ratio" in figures else "–"
            note = f", {figures['reply_bytes']:.0f} B a reply" if "reply_bytes" in figures else ""
            lines.append(row(server, count(figures["per_cpu_second"]) + note, ratio, spread,
                             count(figures["per_second"]) if "per_second" in figures else "–"))
    return lines


def overview(document, names):
    table = document["table"]
    names = [n for n in names if n in table]
    servers = []
    for name in names:
        servers += [s for s in table[name]["servers"] if s not in servers]
    lines = head("server", *(f"{n}" for n in names))
    for server in servers:
        cells = [table[n]["servers"].get(server) for n in names]
        lines.append(row(server, *(f"{count(c['per_cpu_second'])} · {c['ratio']:.2f}" if c and "ratio" in c
                                   else count(c["per_cpu_second"]) if c else "–" for c in cells)))
    return lines


def goals(document):
    lines = head("scenario", "figure", "median", "95 %", "rounds", "must", "verdict", "aim", "verdict on the aim")
    for goal in document["goals"]:
        if "what" in goal:
            lines.append(row(goal["scenario"], f"{goal['server']}, {goal['what']} bytes each", f"{goal['median']:,.0f}", "–",
                             "1", f"{goal['must']:,}", f"**{goal['verdict']}**", f"{goal['aim']:,}", goal["verdict_aim"]))
            continue
        aim = f"{goal['aim']:.2f}" if goal["aim"] else "–"
        lines.append(row(goal["scenario"], f"{goal['server']} / {goal['base']}", f"{goal['median']:.2f}",
                         f"{goal['low']:.2f}–{goal['high']:.2f}", str(goal["rounds"]), f"{goal['must']:.2f}",
                         f"**{goal['verdict']}**", aim, goal["verdict_aim"] or "–"))
    return lines


def kernels(found, about):
    """What JMH found: a table of its own."""
    settings = {" ".join(str(one[of]) for of in ("measurementIterations", "measurementTime", "warmupIterations", "warmupTime")) for one in found}
    rounds = " or ".join("{} x {} {} after {} x {} {}".format(*each.split()) for each in sorted(settings))
    lines = [f"# {about['command']}, {about['date']}", "",
             f"{about['cpu']}, {about['java']}; load average before the run {about['load']}. One processor and one JVM for each row:"
             f" {rounds} that do not count. Bytes are those that an operation allocates on the heap.", ""]
    lines += head("kernel", "of", "time of one", "± (99.9 %)", "bytes allocated")
    for one in sorted(found, key=lambda each: (each["benchmark"], sorted(each.get("params", {}).items()))):
        figure = one["primaryMetric"]
        allocated = one["secondaryMetrics"].get("gc.alloc.rate.norm", {}).get("score", 0.0)
        of = ", ".join(f"{name} {value}" for name, value in one.get("params", {}).items())
        name = ".".join(one["benchmark"].split(".")[-2:])
        lines.append(row(f"`{name}`", of or "–", *(f"{figure[which]:,.{digits(figure['score'])}f} {figure['scoreUnit'].removesuffix('/op')}" for which in ("score", "scoreError")),
                         f"{allocated:,.0f}"))
    return "\n".join(lines) + "\n"


def digits(value):
    return 1 if value < 100 else 0


def rate(document):
    servers = document["table"].get("r200", {}).get("servers", {})
    if not servers:
        return []
    lines = ["", "### 200 messages a second to 1,000 subscribers, open loop (`r200`)", ""]
    lines += head("server", "delivered each second", "server CPU", "p50", "p99")
    for server, figures in servers.items():
        lines.append(row(server, count(figures["per_second"]), f"{100 * figures['cpu_share']:.0f} %",
                         f"{figures['p50_us'] / 1000:.1f} ms", f"{figures['p99_us'] / 1000:.1f} ms"))
    return lines


def memory(document):
    if not document["memory"]:
        return []
    lines = ["", f"### Memory of {document['connections']:,} idle connections, bytes each", "",
             "After one echoed message of 512 B on each and two full collections; the growth over a server that has",
             "had 500 connections three times. The heap is what `jcmd GC.class_histogram` counts as live. The kernel's socket",
             "memory is in neither.", ""]
    lines += head("server", "RSS", "live heap", "RSS, compression agreed", "live heap, compression agreed",
                  "RSS, client of the channel protocol", "live heap, client of the channel protocol")
    for server, modes in document["memory"].items():
        cells = [f"{modes[mode][what]:,.0f}" if mode in modes and what in modes[mode] else "–"
                 for mode in ("plain", "deflate", "channels") for what in ("rss", "heap")]
        lines.append(row(server, *cells))
    return lines


def startup(document):
    if not document["startup"]:
        return []
    lines = ["", "### Start-up", "", "From the start of the process to the answer to its first handshake, on one processor;"
             " `dunlin` by way of its launcher.", ""]
    lines += head("server", "ms")
    for server, seconds in sorted(document["startup"].items(), key=lambda pair: pair[1]):
        lines.append(row(server, f"{1000 * seconds:,.0f}"))
    return lines


def chart(title, scenarios):
    """Bars of the ratio to the base, a group for each scenario."""
    bar, gap, left, width = 15, 26, 150, 760
    scale = (width - left - 90) / max(1.2, max(
        (c.get("ratio", 0) for s in scenarios for c in s["servers"].values()), default=1))
    y, parts = 34, []
    for scenario in scenarios:
        y += gap
        parts.append(f'<text x="8" y="{y - 6}" class="h">{escape(scenario["title"])}</text>')
        top = y
        best = sorted(scenario["servers"].items(), key=lambda pair: -pair[1].get("ratio", 0))
        for server, figures in best:
            if "ratio" not in figures:
                continue
            length = figures["ratio"] * scale
            low, high = figures["ratio_low"] * scale, figures["ratio_high"] * scale
            middle = y + bar / 2
            parts.append(f'<text x="{left - 6}" y="{middle + 4}" text-anchor="end">{escape(server)}</text>')
            parts.append(f'<rect x="{left}" y="{y + 1}" width="{length:.1f}" height="{bar - 3}" '
                         f'fill="{COLOURS.get(server, OTHER)}"/>')
            parts.append(f'<line x1="{left + low:.1f}" x2="{left + high:.1f}" y1="{middle}" y2="{middle}" class="e"/>')
            parts.append(f'<text x="{left + max(length, high) + 5:.1f}" y="{middle + 4}">{figures["ratio"]:.2f} '
                         f'· {count(figures["per_cpu_second"])}</text>')
            y += bar
        parts.append(f'<line x1="{left + scale:.1f}" x2="{left + scale:.1f}" y1="{top}" y2="{y}" class="b"/>')
    style = ("text{font:11px sans-serif;fill:#222}.h{font-weight:bold}.t{font-size:14px;font-weight:bold}"
             ".e{stroke:#222;stroke-width:1}.b{stroke:#222;stroke-dasharray:3 3}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y + 12}" viewBox="0 0 {width} {y + 12}">'
            f'<style>{style}</style><rect width="100%" height="100%" fill="#fff"/>'
            f'<text x="8" y="22" class="t">{escape(title)}</text>' + "".join(parts) + "</svg>\n")


def markdown(document, charts):
    machine, versions = document["machine"], document["versions"]
    lines = [
        f"# {document['command']}, {document['date']}", "",
        f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, {machine['java']}; load average before the run"
        f" {machine['load_before']}. Server pinned to one core with one event loop, load on another.",
        f"{document['rounds']} rounds of {document['seconds']} s for each server after one that does not count, servers taking turns;"
        f" {document['minutes']} minutes in all.",
        "Messages, deliveries or handshakes per second of **server CPU time** (user and system, whole process); ratios are taken"
        " within each round; medians with their 95 % bootstrap interval. Every byte that came back was compared.",
        "", "Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".", ""]
    if document["goals"]:
        lines += ["## Goals", "", "`limit` is the raw C program in benchmarks/limit. Met where the median reaches the figure, not met where the"
                  " whole interval stays below it, otherwise undecided.", ""] + goals(document)
    for name, members in CHARTS.items():
        if any(m in document["table"] for m in members):
            lines += ["", f"## {name.capitalize()}", ""] + overview(document, members)
            if name in charts:
                lines += ["", f"![{name}]({charts[name]})"]
    lines += ["", "## All figures"] + throughput(document) + rate(document) + memory(document) + startup(document)
    if document["skipped"]:
        lines += ["", "## Notes on this run, and what was skipped", ""] + [f"- {name}: {why}" for name, why in document["skipped"].items()]
    return "\n".join(lines) + "\n"


def between(file, lines):
    """Puts lines between the two marks in a file."""
    text = file.read_text()
    begin, end = "<!-- quoted from benchmarks/run -->", "<!-- end of the quotation -->"
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    file.write_text("\n".join([before + begin, *lines, end]) + after)


def quote(root, document, name):
    """What the front page and the page about performance say of a run."""
    machine = document["machine"]
    told = (f"{document['date'].split(' ')[0]}, {machine['cpu']}, {machine['cores']} cores, load average before the run"
            f" {machine['load_before']}, {machine['java']}; medians of {document['rounds']} rounds of {document['seconds']} s.")
    where = f"benchmarks/results/{name}.md"
    lines = ["", f"`{document['command']}`, {told} [All figures]({where}).", ""]
    lines += overview(document, CHARTS["echo"]) + [""] + overview(document, CHARTS["fan-out"])
    between(root / "README.md", lines)
    between(root / "docs" / "design" / "performance.md",
            ["", f"`{document['command']}`, {told} [All figures](../../{where}).", ""] + goals(document))


def write(folder, document, name):
    folder.mkdir(parents=True, exist_ok=True)
    charts = {}
    for title, members in CHARTS.items():
        scenarios = [document["table"][m] for m in members if m in document["table"]]
        scenarios = [s for s in scenarios if any("ratio" in c for c in s["servers"].values())]
        if scenarios:
            charts[title] = f"{name}-{title.replace(' ', '-')}.svg"
            base = scenarios[0]["base"]
            (folder / charts[title]).write_text(
                chart(f"{title}: per server CPU-second, ratio to {base}", scenarios))
    (folder / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / f"{name}.md").write_text(markdown(document, charts))
