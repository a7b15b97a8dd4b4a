"""Languages: which one an item is in, and which forms of a word are one word there.

`which` guesses, `stem` cuts endings (PyStemmer), `forms` is what a word is compared by, `sentences`
parts a text.  No I/O; the matcher asks once per distinct word.
"""
