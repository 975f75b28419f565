"""`vivavoce bench`: how well and how soon a running server writes down what is said, and others beside it.

Pure: numerals, spelling, score, sights, figures, plot, report. Shells: speech (sound files), offline (word times),
processes (what a server costs), serving (a server of our own), native and peers (the systems, each driven by its own
protocol), asr (the command).
"""
