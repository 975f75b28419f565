"""Pipecat's Deepgram services, v1 or Flux, with only their address changed: prints what was heard. Arguments: URL, a
WAV."""

import sys

from clients_of_pipecat import main
from pipecat.services.deepgram.flux.stt import DeepgramFluxSTTService
from pipecat.services.deepgram.stt import DeepgramSTTService

url, path = sys.argv[1:]
if "/v2/" in url:
    main(DeepgramFluxSTTService(api_key="any", url=url), path)
else:
    main(DeepgramSTTService(api_key="any", base_url=url), path)
