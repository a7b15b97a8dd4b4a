"""Query: the query string (`sanction* W/8 (Pakistan OR Islamabad)`), from text to the rules' AST.

`lexer` cuts the text into tokens, `habits` knows what users of other systems write, `parser` reads
the tokens; docs/rules.md has the grammar.  Pure; every fault has its place in the text.
"""
