"""The table of OpenAI's routes: what is served, and what is described, are made of it."""

from typing import Final

from streaming.ingress.openai import chat, judging, transcribing
from streaming.ingress.rest.route import Answer, Route
from streaming.wire.openai import audio as heard
from streaming.wire.openai import completion as made
from streaming.wire.openai import moderations as judged
from streaming.wire.openai.chat import ChatAsked
from streaming.wire.openai.faults import Refused

ROUTES: Final = (
    Route(
        method="POST",
        path="/v1/chat/completions",
        name="createChatCompletion",
        about="An answer to the last message, moderated as all that is said here; with `stream` as it is made "
        "(`data:` events of chat.completion.chunk, then [DONE]). `finish_reason` content_filter: moderation ended it.",
        serve=chat.complete,
        body=ChatAsked,
        answers=(
            Answer("The answer.", (made.Completion,)),
            Answer("Its chunks, as events.", (made.Chunk,), ("text/event-stream",)),
        ),
        refusals=(404, 413, 429),
        failed=Refused,
        speaks=True,
    ),
    Route(
        method="POST",
        path="/v1/audio/transcriptions",
        name="createTranscription",
        about="What a file says, of any length and any usual format, moderated as all that is said here. It is heard "
        "behind whoever speaks. With `stream` as it is heard (`data:` events transcript.text.delta, then .done).",
        serve=transcribing.transcribe,
        form=heard.TranscriptionAsked,
        answers=(
            Answer("What was said.", (heard.Transcription, heard.Verbose)),
            Answer("Its events.", (heard.TextDelta, heard.TextDone), ("text/event-stream",)),
            Answer("As text, or subtitles.", (), ("text/plain",)),
        ),
        refusals=(413, 429),
        failed=Refused,
        speaks=True,
    ),
    Route(
        method="POST",
        path="/v1/audio/translations",
        name="createTranslation",
        about="What a file says, in English.",
        serve=transcribing.translate,
        form=heard.TranscriptionAsked,
        answers=(
            Answer("What was said.", (heard.Transcription, heard.Verbose)),
            Answer("As text, or subtitles.", (), ("text/plain",)),
        ),
        refusals=(413, 429),
        failed=Refused,
        speaks=True,
    ),
    Route(
        method="POST",
        path="/v1/moderations",
        name="createModeration",
        about="What the moderator's rules, and its model where there is one, find in a text, or in each of several.",
        serve=judging.moderate,
        body=judged.ModerationsAsked,
        answers=(Answer("A result for each text.", (judged.Moderations,)),),
        refusals=(413, 429),
        failed=Refused,
        speaks=True,
    ),
    Route(
        method="GET",
        path="/v1/models",
        name="listModels",
        about="The language models that can be asked for; `vivavoce` is whichever the routes choose.",
        serve=judging.list_models,
        answers=(Answer("The models.", (judged.Models,)),),
        refusals=(429,),
        failed=Refused,
        speaks=True,
    ),
    Route(
        method="GET",
        path="/v1/models/{model}",
        name="getModel",
        about="One of the models.",
        serve=judging.show_model,
        answers=(Answer("The model.", (judged.Model,)),),
        refusals=(404, 429),
        failed=Refused,
        speaks=True,
    ),
)
