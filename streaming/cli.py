"""The command `vivavoce`. Errors that can be expected are one line that says what to do, never a traceback.

Exit codes: 0 done, 1 it failed, 2 it was asked for wrongly. What only one command needs is imported by that command, so
that the light install has all but `serve` and `models`.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streaming import output
from streaming.demo import asking as playing
from streaming.refusal import Refusal, refusal_in
from streaming.rerun import asking
from streaming.service import asked, indexes
from streaming.sessions import asking as reading
from streaming.talk import asked as talked

# As they are called in a checkout and in the wheel.
OURS = ("streaming", "asr", "llm", "moderation", "vivavoce")
EXTRAS = {
    "sounddevice": "mic",
    "faster_whisper": "bench",
    "asyncpg": "archive",
    "obstore": "archive",
    **dict.fromkeys(("usearch", "markdown_it", "selectolax", "pypdf", "docx"), "index"),
}
HERE = {
    "serve": "serving",
    "models": "modelling",
    "index": "indexing",
    "backup": "archiving",
    "restore": "archiving",
    "rekey": "archiving",
    "dead": "burying",
    "config": "configuring",
    "doctor": "doctor.command",
}
"""Modules in `service`, which is below us."""
THERE = {
    "sessions": ".sessions.command",
    "review": ".sessions.reviewing",
    "watch": ".watch",
    "transcribe": ".talk.transcribe",
    "chat": ".talk.chat",
    "demo": ".demo.command",
}
"""Modules below ours, wherever it is: in the wheel it is not `streaming`."""
ROLES = ("gateway", "asr", "responder", "moderator", "recorder")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="vivavoce", description="Real-time speech and chat, self-hosted.")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    serve = _command(commands, "serve", "start the service", "vivavoce serve --port 8081")
    asked.of_serve(serve, ROLES)
    asked.of_models(commands, _command)
    indexes.asked(
        _command(commands, "index", "documents that answers rest on", "vivavoce index build handbook docs/"),
        _command,
    )
    asked.of_archive(commands, _command)
    asked.of_dead(commands, _command)
    asked.of_config(commands, _command)
    asked.of_doctor(_command(commands, "doctor", "what is wrong here, and how to mend it", "vivavoce doctor"))
    _clients(commands)
    _bench(commands)
    hint = "source <(vivavoce completion bash)"
    completion = _command(commands, "completion", "let a shell complete this command", hint)
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), help="yours")
    return top


def run(arguments: Sequence[str] | None = None) -> int:
    """Do what `arguments` (those of the process) ask; the exit code."""
    output.legible()
    options = parser().parse_args(arguments)
    try:
        code = _dispatch(options)
        sys.stdout.flush()
        return code
    except (Refusal, ExceptionGroup, BrokenPipeError) as wrong:
        if output.cut_off(wrong):
            return output.leave()
        if (refusal := refusal_in(wrong)) is None:
            raise
        return _refuse(refusal, refusal.exit_code)
    except KeyboardInterrupt:
        return 130
    except ModuleNotFoundError as wrong:
        if wrong.name is None or wrong.name.split(".")[0] in OURS:
            raise  # a fault of ours, not a missing extra
        extra = EXTRAS.get(wrong.name.split(".")[0], "server")
        message = f"{wrong.name} is not installed. Get it with: pip install 'vivavoce[{extra}]'"
        return _refuse(message, 1)


def _command(commands: Any, name: str, what: str, example: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=what,
        description=what[0].upper() + what[1:] + ".",
        epilog=f"example: {example}",
    )
    return made


def _clients(commands: Any) -> None:
    """What speaks to a running server."""
    hint = "vivavoce transcribe meeting.mp3 --srt -o meeting.srt"
    transcribe = _command(commands, "transcribe", "write down sound files, the microphone or stdin", hint)
    talked.of_transcribe(transcribe)
    chat = _command(commands, "chat", "type or speak to the model", 'echo "What is a lease?" | vivavoce chat')
    talked.of_chat(chat)
    replay = _command(commands, "replay", "see a recorded session again", "vivavoce replay SESSION --speed 4")
    asking.replay(replay)
    _sessions(commands)
    watch = _command(commands, "watch", "read a session that goes on", "vivavoce watch SESSION --key KEY")
    watch.add_argument("session", nargs="?", metavar="SESSION", help="its id (the list of those that go on)")
    watch.add_argument("--token", help="the session's watch token (else a reader's key is needed)")
    watch.add_argument("--after", default="0-0", metavar="ID", help="behind this event (all)")
    demo = _command(commands, "demo", "play a telephone call, with what an agent sees", "vivavoce demo")
    playing.of_demo(demo)
    for speaking in (transcribe, chat):
        speaking.add_argument("--record", action="store_true", help="keep it: see `vivavoce sessions list`")
    for client in (chat, watch, replay, demo):
        client.add_argument("--json", action="store_true", help="one event a line")
    for client in (transcribe, chat, watch, replay, demo):
        client.add_argument("--url", default=None, help="of the server (ws://127.0.0.1:8080/v1/stream)")
        client.add_argument("--key", default=None, help="to speak to the server with")


def _sessions(commands: Any) -> None:
    sessions = _command(commands, "sessions", "recorded sessions", "vivavoce sessions import calls/")
    actions = sessions.add_subparsers(dest="action", metavar="ACTION", required=True)
    hint = "vivavoce sessions import calls/ --split --metadata desk=berlin"
    asking.bring(_command(actions, "import", "record sound files that were made elsewhere", hint))
    for action, what, example, ask in reading.ACTIONS:
        ask(_command(actions, action, what, f"vivavoce sessions {example}"))
    review = _command(commands, "review", "what moderation was not sure of", "vivavoce review list")
    actions = review.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action, what, example, ask in reading.REVIEWS:
        ask(_command(actions, action, what, f"vivavoce review {example}"))


def _bench(commands: Any) -> None:
    bench = _command(commands, "bench", "measure a server", "vivavoce bench asr --serve --clients 1 4")
    subjects = bench.add_subparsers(dest="subject", metavar="SUBJECT", required=True)
    hint = "vivavoce bench asr --serve --clients 1 4 --peer whisperlivekit=ws://127.0.0.1:8000/asr"
    asr = _command(subjects, "asr", "how well and how soon speech is written down", hint)
    asr.add_argument("--url", help="of the server (http://127.0.0.1:8080)")
    asr.add_argument("--key", help="to speak to the server with")
    asr.add_argument("--serve", action="store_true", help="start a server for it, and stop it after")
    asr.add_argument("--model", default="base", help="recogniser of that server (base)")
    asr.add_argument("--admission", action="store_true", help="that server may refuse for want of room")
    asr.add_argument("--peer", action="append", default=[], metavar="NAME=URL", help="another system, beside")
    asr.add_argument("--clients", type=int, nargs="+", default=[1], help="how many speak at once (1)")
    asr.add_argument("--seconds", type=float, default=60.0, help="of speech for each client (60)")
    asr.add_argument("--runs", type=int, default=1, help="of everything; medians are shown (1)")
    asr.add_argument("--seed", type=int, default=0, help="chooses the speech (0)")
    asr.add_argument("--turns", type=int, default=6, help="ended by finalize, for each client (6)")
    asr.add_argument("--speech", type=Path, metavar="FOLDER", help="sound files and a transcript")
    asr.add_argument("--language", default="en", help="two-letter code (en)")
    asr.add_argument("--offline", default="base", metavar="MODEL", help="tells when words end (base)")
    asr.add_argument("--pid", type=int, help="the server's process (found when it runs here)")
    asr.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, and all texts")
    asr.add_argument("--plot", type=Path, metavar="FILE.svg", help="a picture of one session")
    _bench_turn(subjects)
    _bench_moderation(subjects)
    hint = "vivavoce bench spine --sessions 16 --json spine.json"
    spine = _command(subjects, "spine", "what the way through gateway and Redis costs, without models", hint)
    spine.add_argument("--sessions", type=int, default=16, help="that speak at once (16)")
    spine.add_argument("--seconds", type=float, default=20.0, help="for which they speak (20)")
    spine.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    spine.add_argument("--part", choices=("sink", "answerer", "recogniser"), help=argparse.SUPPRESS)


def _bench_turn(subjects: Any) -> None:
    hint = "vivavoce bench turn --turns 10 --json turn.json"
    turn = _command(subjects, "turn", "how soon an answer begins, and where the time goes", hint)
    turn.add_argument("--url", help="of a server that runs (else one is started; its engine is seen, too)")
    turn.add_argument("--key", help="to speak to the server with")
    turn.add_argument("--model", default="base", help="recogniser of the server that is started (base)")
    turn.add_argument("--llm", default="smollm2-135m", help="its language model (smollm2-135m)")
    turn.add_argument("--turns", type=int, default=10, help="of each kind (10)")
    turn.add_argument(
        "--eager", type=int, nargs="+", default=[0, 200], help="endpointing.eager_ms, each (0 200)"
    )
    turn.add_argument("--speech", type=Path, metavar="FOLDER", help="sound files and a transcript")
    turn.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")


def _bench_moderation(subjects: Any) -> None:
    hint = "vivavoce bench moderation --json moderation.json"
    moderation = _command(subjects, "moderation", "how often moderation errs, and what each tier costs", hint)
    moderation.add_argument("--rounds", type=int, default=2, help="over the rows that are held out (2)")
    moderation.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")


def _dispatch(options: argparse.Namespace) -> int:
    return (_here if options.command in HERE else _there)(options)


def _here(options: argparse.Namespace) -> int:
    """What is done on this machine's home folder."""
    return importlib.import_module(f".service.{HERE[options.command]}", __package__).run(options)


def _there(options: argparse.Namespace) -> int:
    """What is asked of a server."""
    if options.command == "completion":
        from streaming import completing

        return completing.run(parser(), options.shell)
    if options.command == "bench":
        return importlib.import_module(f".bench.{options.subject}", __package__).run(options)
    if options.command == "replay":
        from streaming.rerun import again, replay

        return again.run(options) if options.again else replay.run(options)
    importing = options.command == "sessions" and options.action == "import"
    name = ".rerun.importing" if importing else THERE[options.command]
    return importlib.import_module(name, __package__).run(options)


def _refuse(wrong: object, code: int) -> int:
    print(f"vivavoce: {wrong}", file=sys.stderr)
    return code
