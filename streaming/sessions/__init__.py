"""`vivavoce sessions list|show|search|export|forget`: readers in the terminal."""
