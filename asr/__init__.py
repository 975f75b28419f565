"""The recogniser: a session's sound becomes words while it is spoken.

The way of the sound: `hearing` (voice and features), `speaker` (one channel: what to ask, what is sure, what is final),
`endpointing` (when somebody is done), `sharing` (who is served next), then an engine: `whisper`, or `remote`.
`listening` serves one session, `recognizer` is its pure core, `worker` serves any number of them.
"""
