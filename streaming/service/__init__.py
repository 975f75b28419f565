"""`vivavoce serve`: the roles as children of one process, started, watched, restarted, stopped."""
