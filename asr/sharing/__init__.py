"""Many sessions on one machine: who is served next, how often, who is let in."""
