"""What is done with recorded sound from the terminal: watch it again, run it again, bring it in from elsewhere."""
