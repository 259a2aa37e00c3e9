-- phase: data
-- compatible-from: 5
-- batch: deals.id 2000
-- The deals that are there already can be found, too.

SELECT hastecrm_search_fill_deals($1, $2);
