"""The recogniser: a session's sound becomes words while it is spoken.

Pure policies (vad, mel, window, stabilizer, loops, endpoint, ledger, passes, schedule), a pure core that holds one
speaker (channel) or one session (recognizer), and thin shells: silero and engine run the models, desk hands the
engine's workers out, listening serves one session, worker any number of them.
"""
