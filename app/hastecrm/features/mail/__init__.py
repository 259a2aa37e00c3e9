"""Mail to contacts: templates, what one would look like, and sending it."""
