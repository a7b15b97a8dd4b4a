"""The desk folder and the settings: `config` reads it, `write` makes one, `settings` resolves."""
