"""An invented CRM to look at and to measure: the same people, companies and deals every time."""
