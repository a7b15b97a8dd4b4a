"""The rule language: what analysts write, the book it becomes, and the matcher that judges by it.

`model` is the shape of a rule file, `load` reads a folder into a `book`, `matcher` compiles a book,
`oracle` says the same slowly and obviously.
"""
