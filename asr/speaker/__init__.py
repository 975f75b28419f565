"""One speaker of one session: judged sound in, questions out, answers in, words out. Pure."""
