"""Languages: which one an item is in, and which forms of a word are one word there.

`which` guesses by `clues`, `stem` cuts endings (PyStemmer, and `endings` of our own), `sentences`
parts a text.  No I/O; the matcher asks once per distinct word.
"""
