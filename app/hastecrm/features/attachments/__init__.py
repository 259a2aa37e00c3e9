"""Files that belong to records: contacts, companies, deals, tasks, notes and activities."""
