"""WebRTC: sound over RTP and messages over a data channel, for WHIP (RFC 9725) and for OpenAI's calls."""
