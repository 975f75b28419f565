"""Pipecat's OpenAI Realtime STT, with only its `base_url` changed: prints what it heard. Arguments: URL, a WAV."""

import sys

from clients_of_pipecat import main
from pipecat.services.openai.stt import OpenAIRealtimeSTTService

url, path = sys.argv[1:]
main(OpenAIRealtimeSTTService(api_key="any", base_url=url, turn_detection={"type": "server_vad"}), path)
