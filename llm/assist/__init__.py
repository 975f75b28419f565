"""Mode `assist`: what an agent is told while a customer speaks: suggestions, summaries, alerts."""
