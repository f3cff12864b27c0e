"""HTML that a person looks at: plain, without scripts, every word from outside escaped.

Each page is a function from values to a whole document. A form names its act in a hidden field; `routes_pages` does it.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from golive.standins.github.shapes import stamp
from golive.standins.github.world import App, CheckRun, Comment, Pull, Repo, Review
from golive.standins.wire import Response

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1f2328;background:#f6f8fa;margin:0}
main{max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.6rem 0 .5rem}
a{color:#0a58ca}code{background:#eaeef2;border-radius:4px;padding:0 .3rem}
article,form,table{background:#fff;border:1px solid #d1d9e0;border-radius:8px;padding:.7rem 1rem;margin:.5rem 0}
table{border-collapse:collapse;width:100%;padding:0}
td{padding:.45rem .8rem;border-bottom:1px solid #eaeef2}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0;font:13px/1.5 ui-monospace,monospace}
.badge{border-radius:1rem;padding:.1rem .6rem;color:#fff;background:#59636e;font-size:.85rem}
.open,.success{background:#1a7f37}.merged{background:#8250df}.closed,.failure{background:#cf222e}
.in_progress,.queued{background:#9a6700}.action_required{background:#bc4c00}
form.inline{display:inline;border:0;padding:0;background:none}textarea{width:100%;min-height:3.5rem;box-sizing:border-box}
select,input,button,textarea{font:inherit;padding:.2rem .4rem;margin:.15rem .25rem .15rem 0}
.quiet{color:#59636e;font-size:.9rem}
"""


def document(title: str, body: str) -> str:
    """A whole page."""
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>'
            f"<body><main>{body}</main></body></html>")  # fmt: skip


def shown(page: str) -> Response:
    """A page as an answer; it may load nothing from anywhere."""
    headers = {"content-type": "text/html; charset=utf-8", "x-content-type-options": "nosniff",
               "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}  # fmt: skip
    return Response(200, page.encode(), headers)


def moved_to(url: str) -> Response:
    """Go on to another address."""
    return Response(303, b"", {"location": url})


def badge(word: str) -> str:
    """A coloured word."""
    return f'<span class="badge {escape(word)}">{escape(word.replace("_", " "))}</span>'


def state_of(pull: Pull) -> str:
    """merged, open, draft or closed."""
    if pull.merged:
        return "merged"
    return "draft" if pull.draft and pull.state == "open" else pull.state


def index(repos: Iterable[Repo], people: Iterable[str], person: str) -> str:
    """Every repository with its pull requests, and whom one can be."""
    parts = ["<h1>GitHub, standing in</h1>", people_links("/", people, person)]
    for repo in repos:
        rows = "".join(
            f'<tr><td><a href="/{escape(repo.full_name)}/pull/{p.number}?as={escape(person)}">#{p.number} '
            f"{escape(p.title)}</a></td><td>{badge(state_of(p))}</td>"
            f"<td><code>{escape(p.head.ref)}</code> → <code>{escape(p.base.ref)}</code></td>"
            f"<td>{escape(p.user.login)}</td></tr>"
            for p in sorted(repo.pulls.values(), key=lambda p: -p.number)
        )
        parts.append(f"<h2>{escape(repo.full_name)}</h2><table>{rows or '<tr><td>No pull requests</td></tr>'}</table>")
    return document("GitHub, standing in", "".join(parts))


def people_links(path: str, people: Iterable[str], person: str) -> str:
    """Links to act as somebody."""
    links = (f"<b>{escape(p)}</b>" if p == person else f'<a href="{escape(path)}?as={escape(p)}">{escape(p)}</a>'
             for p in people)  # fmt: skip
    return f'<p class="quiet">You act as: {" · ".join(links)}</p>'


def button(path: str, person: str, act: str, label: str, **fields: object) -> str:
    """A form that is one button."""
    hidden = "".join(f'<input type="hidden" name="{escape(n)}" value="{escape(str(v))}">' for n, v in fields.items())
    return (f'<form class="inline" method="post" action="{escape(path)}">'
            f'<input type="hidden" name="by" value="{escape(person)}">{hidden}'
            f'<button name="act" value="{escape(act)}">{escape(label)}</button></form>')  # fmt: skip


def pull_page(
    repo: Repo,
    pull: Pull,
    comments: Iterable[Comment],
    runs: Iterable[CheckRun],
    state: str,
    people: Iterable[str],
    person: str,
) -> str:
    """One pull request: what stands, what was said, and forms to act as a person."""
    path = f"/{repo.full_name}/pull/{pull.number}"
    labels = " ".join(badge(one.name) for one in pull.labels)
    head = (f'<p><a href="/?as={escape(person)}">All pull requests</a></p>{people_links(path, people, person)}'
            f'<h1>{escape(pull.title)} <span class="quiet">#{pull.number}</span></h1>'
            f"<p>{badge(state_of(pull))} {labels} {escape(pull.user.login)} wants to merge "
            f"<code>{escape(pull.head.ref)}</code> into <code>{escape(pull.base.ref)}</code> in "
            f"{escape(repo.full_name)}. Head <code>{pull.head.sha[:10]}</code>, merge state "
            f"<b>{escape(state)}</b>{f', merged by {escape(pull.merged_by.login)}' if pull.merged_by else ''}.</p>"
            f"<article><pre>{escape(pull.body) or '<span>No description</span>'}</pre></article>")  # fmt: skip
    checks = "".join(_check(run, path, person) for run in runs) or "<p>No checks on this commit.</p>"
    said: list[tuple[int, str]] = [(c.id, _comment(c, path, person)) for c in comments]
    said += [(r.id, _review(r)) for r in pull.reviews.values()]
    talk = "".join(html for _, html in sorted(said)) or "<p>Nobody said anything.</p>"
    body = f"{head}<h2>Checks</h2>{checks}<h2>Conversation</h2>{talk}{_forms(path, pull, person)}"
    return document(f"{pull.title} #{pull.number}", body)


def _check(run: CheckRun, path: str, person: str) -> str:
    url = run.details_url or ""
    # any other scheme could run a script when clicked
    link = f' <a href="{escape(url)}">Details</a>' if url.startswith(("http://", "https://")) else ""
    words = "".join(f"<pre>{escape(text)}</pre>" for part in ("summary", "text") if (text := run.output.get(part)))
    notes = "".join(
        f"<li><code>{escape(str(a['path']))}:{escape(str(a['start_line']))}</code> {escape(str(a['message']))}</li>"
        for a in run.annotations
    )
    buttons = button(path, person, "rerequest", "Re-run", run=run.id) + "".join(
        button(path, person, "press", a["label"], run=run.id, action=a["identifier"]) for a in run.actions
    )
    return (f"<article><b>{escape(run.name)}</b> {badge(run.conclusion or run.status)} "
            f'<span class="quiet">by {escape(run.app.name)}</span>{link}<br>{escape(run.output.get("title") or "")}'
            f"{words}{f'<ul>{notes}</ul>' if notes else ''}{buttons}</article>")  # fmt: skip


def _comment(comment: Comment, path: str, person: str) -> str:
    given = [r.content for r in comment.reactions.values()]
    thumb = button(path, person, "react", "👍", comment=comment.id)
    counts = " ".join(f"{escape(c)} × {given.count(c)}" for c in dict.fromkeys(given))
    return (f'<article id="issuecomment-{comment.id}"><b>{escape(comment.user.login)}</b> '
            f'<span class="quiet">{stamp(comment.created_at)}</span><pre>{escape(comment.body)}</pre>'
            f'<span class="quiet">{counts}</span> {thumb}</article>')  # fmt: skip


def _review(review: Review) -> str:
    return (f'<article id="pullrequestreview-{review.id}"><b>{escape(review.user.login)}</b> '
            f"{badge(review.state.lower())} <span class=\"quiet\">{stamp(review.submitted_at)}, "
            f"<code>{review.commit_id[:10]}</code></span><pre>{escape(review.body)}</pre></article>")  # fmt: skip


def _forms(path: str, pull: Pull, person: str) -> str:
    start = f'<form method="post" action="{escape(path)}"><input type="hidden" name="by" value="{escape(person)}">'
    choices = "".join(f"<option>{c}</option>" for c in ("APPROVE", "REQUEST_CHANGES", "COMMENT"))
    who = escape(person)
    talk = (f'{start}<label>Comment as {who}<textarea name="body" required></textarea></label>'
            f'<button name="act" value="comment">Comment</button></form>'
            f'{start}<label>Review as {who} <select name="state">{choices}</select></label>'
            f'<textarea name="body"></textarea><button name="act" value="review">Review</button></form>')  # fmt: skip
    if pull.state != "open":
        return f"<h2>Say something</h2>{talk}"
    work = (f'{start}<label>File <input name="path" value="CHANGES.md" required></label>'
            f'<textarea name="content">A change by {who}.\n</textarea>'
            f'<button name="act" value="push">Push a commit</button></form>'
            f'{start}<label>Label <input name="label" required></label> <button name="act" value="label">Add</button>'
            f"</form>")  # fmt: skip
    buttons = button(path, person, "merge", "Merge") + button(path, person, "close", "Close")
    return f"<h2>Act</h2>{talk}{work}<p>{buttons}</p>"


def install_page(app: App, accounts: Iterable[str], state: str) -> str:
    """Ask where to install an App."""
    options = "".join(f"<option>{escape(a)}</option>" for a in accounts)
    wanted = "".join(f"<li>{escape(n)}: {escape(level)}</li>" for n, level in app.permissions.items())
    body = (f'<h1>Install {escape(app.name)}</h1><p>It asks for:</p><ul>{wanted}</ul><form method="post">'
            f'<input type="hidden" name="state" value="{escape(state)}"><label>On <select name="account">{options}'
            f"</select></label> <button>Install</button></form>")  # fmt: skip
    return document(f"Install {app.name}", body)
