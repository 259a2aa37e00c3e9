"""What every role needs and no feature owns: nothing in here knows a contact."""
