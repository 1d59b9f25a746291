"""The commands, one module for each noun: they read the line, call an action and print what it did.

`running` opens the site for them, with the same settings as `serve`, and turns errors into one sentence.
"""
