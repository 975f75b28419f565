"""`vivavoce doctor`: what is wrong on this machine, and how to mend it. It looks, and changes nothing."""
