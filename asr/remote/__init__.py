"""Another engine: any server that transcribes as OpenAI's `POST /v1/audio/transcriptions` does.

It is given whole windows of sound and gives whole texts back; what of them is new, and what bears out what was believed
before, is found by laying the texts beside each other.
"""
