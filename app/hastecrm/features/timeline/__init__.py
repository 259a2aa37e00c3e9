"""What people do for contacts, companies and deals: activities, tasks and notes, and all of it by time."""
