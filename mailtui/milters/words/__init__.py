"""What the keywords of each filter mean, in a sentence or two of our own; the manual pages tell more.

A line each: name, kind of value (see `keywordhelp`), default (`-`: none), text; two blanks or more between.
"""
