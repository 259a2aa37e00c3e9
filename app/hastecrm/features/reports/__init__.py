"""Reports: sums over deals, activities and contacts, by period, stage, owner and source."""
