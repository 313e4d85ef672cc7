"""Commands of conversations: chat at the terminal, and export of chats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kb.cli import printing
from kb.cli.asked import questions
from kb.cli.options import json_option, notes_option, open_base, print_json, scope_options
from kb.errors import HistoryError, KbError

if TYPE_CHECKING:
    from kb.answer import Answer
    from kb.knowledge import KnowledgeBase
    from kb.storage.history import Chat
    from retrieval.scope import Scope


@click.command()
@click.option("--continue", "chat", metavar="ID", help="Go on with a chat of `kb export --list`.")
@scope_options
@notes_option
@json_option
def chat(chat: str | None, scope: Scope, notes: str | None, as_json: bool) -> None:
    r"""Ask one question after another; follow-ups are understood, the chat is kept.

    Ends with an empty line or the end of input. The chat page shows it too.

    \b
    kb chat
    kb chat --continue 3pQx...      go on where it stopped
    kb chat --json < questions.txt  a line of JSON for each question
    """
    with open_base(notes) as base:
        if chat is not None:
            _find(base, chat)
        _talk(base, chat, scope, as_json=as_json)


@click.command()
@click.argument("chat", required=False)
@click.option("--list", "listed", is_flag=True, help="List the chats instead.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "json"]),
    default="md",
    show_default=True,
    help="Markdown to read, or JSON for programs.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="A new file to write to.")
@notes_option
def export(
    chat: str | None, listed: bool, form: str, output: Path | None, notes: str | None
) -> None:
    r"""Write CHAT, or all chats, as Markdown or JSON.

    \b
    kb export --list
    kb export 3pQx... -o lstm.md
    kb export --format json > chats.json
    """
    with open_base(notes) as base:
        found = [_find(base, chat)] if chat else base.history.chats(limit=-1)
        if listed:
            for each in found:
                click.echo(f"{each.id}  {each.updated_at:%Y-%m-%d %H:%M}  {each.title}")
            return
        text = _as_json(base, found) if form == "json" else _as_markdown(base, found)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text)


def _talk(base: KnowledgeBase, chat: str | None, scope: Scope, *, as_json: bool) -> None:
    from kb.answer import to_json
    from kb.conversation import said

    for question in questions():
        try:
            turns = base.history.turns(chat) if chat else []
            answer = base.ask(question, scope=scope, earlier=said(turns))
        except KbError as exc:
            click.echo(f"kb: {exc}", err=True)
            continue
        chat = chat or base.history.new_chat()
        base.history.add_turn(chat, question, to_json(answer))
        if as_json:
            print_json(to_json(answer), line=True)
        else:
            _show(answer)


def _show(answer: Answer) -> None:
    if answer.asked_as:
        click.echo(f"  asked as: {answer.asked_as}")
    click.echo(f"{printing.answer(answer)}\n")


def _find(base: KnowledgeBase, chat: str) -> Chat:
    for each in base.history.chats(limit=-1):
        if each.id == chat:
            return each
    raise HistoryError(f"there is no chat {chat}: `kb export --list` lists them")


def _as_markdown(base: KnowledgeBase, chats: list[Chat]) -> str:
    from kb.quoting import chat_markdown

    return "\n".join(chat_markdown(each, base.history.turns(each.id)) for each in chats)


def _as_json(base: KnowledgeBase, chats: list[Chat]) -> str:
    from kb.quoting import chat_json

    told = [chat_json(each, base.history.turns(each.id)) for each in chats]
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _write(output: Path, text: str) -> None:
    from kb.notes.writing import write_atomic

    write_atomic(output, text, overwrite=False)
