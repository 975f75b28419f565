"""RTP sound as it comes over a network that loses and reorders: in order again, and what to do about holes."""
