"""Parsers: hostile bodies are read in processes of their own, which may be killed."""
