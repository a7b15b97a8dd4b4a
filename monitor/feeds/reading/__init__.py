"""Reading: from a fetched body to items; pure but for feedparser."""
