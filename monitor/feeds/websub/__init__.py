"""WebSub: hubs that say at once what polling would find later, where this desk can be called."""
