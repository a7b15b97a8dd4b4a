"""Articles: the text of pages, for items that are a headline and no more."""
